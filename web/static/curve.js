// The curve of one run: loss of every step, its moving average, and test accuracy on an axis of its own.
// Takes records as the history has them; evaluations stand at the step after which they were made.

const HEIGHT = 300;
const WINDOW = 20; // steps in the moving average

export class Curve {
  #element;
  #plot = null;
  #steps = [];
  #loss = [];
  #average = [];
  #accuracy = [];
  #window = [];
  #evaluations = 0;

  constructor(element) {
    this.#element = element;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  add(records) {
    for (const record of records) {
      if (record.kind === "step") this.#addStep(record);
      else this.#addEvaluation(record);
    }
    if (this.#plot) this.#plot.setData(this.#data());
    else this.#draw();
    this.#element.dataset.points = this.#steps.length;
    this.#element.dataset.evaluations = this.#evaluations;
    this.#element.setAttribute("aria-label", this.#description());
  }

  #addStep(record) {
    this.#window.push(record.loss);
    if (this.#window.length > WINDOW) this.#window.shift();
    const index = this.#at(record.step);
    this.#loss[index] = record.loss;
    this.#average[index] = this.#window.reduce((sum, loss) => sum + loss, 0) / this.#window.length;
  }

  #addEvaluation(record) {
    this.#accuracy[this.#at(record.step)] = 100 * record.test_accuracy;
    this.#evaluations += 1;
  }

  // The place of a step; records come in the order of their steps.
  #at(step) {
    if (this.#steps.at(-1) !== step) {
      this.#steps.push(step);
      for (const values of [this.#loss, this.#average, this.#accuracy]) values.push(null);
    }
    return this.#steps.length - 1;
  }

  #data() {
    return [this.#steps, this.#loss, this.#average, this.#accuracy];
  }

  #size() {
    const style = getComputedStyle(this.#element);
    const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
    return { width: Math.max(200, this.#element.clientWidth - padding), height: HEIGHT };
  }

  #description() {
    const last = (values) => values.findLast((value) => value !== null);
    const loss = last(this.#loss);
    const accuracy = last(this.#accuracy);
    return `Curve of loss and test accuracy over ${this.#steps.length} steps` +
      (loss === undefined ? "" : `; last loss ${formatLoss(loss)}`) +
      (accuracy === undefined ? "" : `; last test accuracy ${formatPercent(accuracy)}`);
  }

  #draw() {
    this.#plot?.destroy();
    this.#plot = null;
    if (!this.#steps.length) return;
    this.#element.setAttribute("role", "figure");
    this.#plot = new uPlot(options(this.#size(), colours(this.#element)), this.#data(), this.#element);
  }
}

function options(size, colour) {
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
  return {
    ...size,
    scales: {
      x: { time: false },
      loss: { range: (_, low, high) => [0, high > 0 ? high * 1.05 : 1] },
      accuracy: { range: (_, low) => [low === null ? 0 : Math.max(0, Math.floor(low / 10 - 0.5) * 10), 100] },
    },
    axes: [
      { ...axis, size: 34, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7] },
      { ...axis, scale: "loss", stroke: colour("--loss"), size: 46 },
      { ...axis, scale: "accuracy", stroke: colour("--accuracy"), side: 1, size: 54, grid: { show: false }, incrs: [1, 2, 5, 10, 20, 50], values: (_, ticks) => ticks.map((tick) => `${tick}%`) },
    ],
    series: [
      { label: "Step", value: shown(formatStep) },
      { label: "Loss", scale: "loss", stroke: colour("--loss-faint"), width: 1, spanGaps: true, points: { show: false }, value: shown(formatLoss) },
      { label: `Mean of ${WINDOW} steps`, scale: "loss", stroke: colour("--loss"), width: 2, spanGaps: true, points: { show: false }, value: shown(formatLoss) },
      { label: "Test accuracy", scale: "accuracy", stroke: colour("--accuracy"), width: 2, spanGaps: true, points: { show: true, size: 7, fill: colour("--accuracy") }, value: shown(formatPercent) },
    ],
    cursor: { y: false, drag: { x: true, y: false }, dataIdx: known },
  };
}

// The last place at or before a place where a series has a value: tests are made at some steps only.
function known(plot, series, index) {
  const values = plot.data[series];
  while (index > 0 && (values[index] === null || values[index] === undefined)) index -= 1;
  return index;
}

function colours(element) {
  const style = getComputedStyle(element);
  return (name) => style.getPropertyValue(name).trim();
}

// What the legend shows of a series: the value under the pointer, the newest one while the pointer is elsewhere.
function shown(format) {
  return (plot, value, series, index) => {
    const current = index === null ? plot.data[series][known(plot, series, plot.data[0].length - 1)] : value;
    return current === null || current === undefined ? "–" : format(current);
  };
}

const formatStep = (value) => value.toLocaleString("en").replaceAll(",", " ");
const formatLoss = (value) => (value >= 0.01 ? value.toFixed(4) : value.toPrecision(3));
const formatPercent = (value) => `${value.toFixed(2)} %`;
