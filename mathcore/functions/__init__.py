"""The functions of the array API standard, one subject a file; ``mathcore`` exports them all."""
