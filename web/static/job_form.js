// Shows the field for a definition only when it is read.

const network = document.getElementById("network");
const definition = document.getElementById("definition-field");

function show() {
  definition.hidden = network.value !== "own";
}

network.addEventListener("change", show);
show();
