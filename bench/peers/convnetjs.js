// ConvNetJS's side of bench/train.py: LeNet as in the paper, in Node.
//
//     NODE_PATH=folder/node_modules node bench/peers/convnetjs.js BATCH WARM_UP
//
// Answers a number of steps on stdin with seconds and peak resident memory, as bench/peers/turns.py does.
"use strict";
const convnetjs = require("convnetjs");
const readline = require("readline");

const [batch, warmUp] = process.argv.slice(2).map(Number);
const network = new convnetjs.Net();
network.makeLayers([
  { type: "input", out_sx: 28, out_sy: 28, out_depth: 1 },
  { type: "conv", sx: 5, filters: 20, stride: 1, pad: 0 },
  { type: "pool", sx: 2, stride: 2 },
  { type: "conv", sx: 5, filters: 50, stride: 1, pad: 0 },
  { type: "pool", sx: 2, stride: 2 },
  { type: "fc", num_neurons: 500, activation: "relu" },
  { type: "softmax", num_classes: 10 },
]);
const trainer = new convnetjs.SGDTrainer(network, {
  learning_rate: 0.01, momentum: 0.9, l2_decay: 0.0005, batch_size: batch,
});

const examples = [];
for (let n = 0; n < batch; n++) {
  const volume = new convnetjs.Vol(28, 28, 1, 0);
  for (let i = 0; i < volume.w.length; i++) volume.w[i] = Math.random();
  examples.push([volume, Math.floor(Math.random() * 10)]);
}

function step() {
  let loss = 0;
  for (const [volume, label] of examples) loss += trainer.train(volume, label).loss;
  return loss;
}

for (let i = 0; i < warmUp; i++) step();
console.log(`convnetjs/0.3.0/node ${process.version}`);
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const started = process.hrtime.bigint();
  let loss = 0;
  for (let i = 0; i < Number(line); i++) loss = step();
  if (!Number.isFinite(loss)) throw new Error(`expected a finite loss, got ${loss}`);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(JSON.stringify({ seconds, peak_bytes: process.resourceUsage().maxRSS * 1024 }));
});
