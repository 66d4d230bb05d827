import {el, number, svg} from "/assets/dom.js";

const ROW = 34,
  BOX = 22,
  TOP = 26;

const share = (part, whole) => (whole > 0 ? part / whole : 0);
const shareText = (value) => (value === 0 ? "" : value < 0.001 ? "< 0.1 %" : `${(value * 100).toFixed(1)} %`);

/** 8 is "1/8": the height of what leaves a block, of the input's. */
const size = (reduction) =>
  reduction === undefined ? "" : reduction >= 1 ? (reduction === 1 ? "1" : `1/${reduction}`) : `${1 / reduction}`;

function channels(block) {
  if (block.channels_in !== undefined && block.channels_out !== undefined)
    return block.channels_in === block.channels_out
      ? `${block.channels_in}`
      : `${block.channels_in} → ${block.channels_out}`;
  return block.channels_out !== undefined ? `→ ${block.channels_out}` : "";
}

const kernel = (block) => (block.kernel ? ` ${block.kernel.join("×")}` : "");
const nameOf = (block) => (block.class ? block.class.replace(" x ", " × ") + kernel(block) : block.name);

/** Which column of the gutter each long connection takes: those that lie within one another are kept apart. */
function lanes(connections) {
  const ends = [];
  for (const connection of [...connections].sort((a, b) => a.to - a.from - (b.to - b.from))) {
    let lane = 0;
    while ((ends[lane] ?? []).some((other) => other.from < connection.to && connection.from < other.to)) lane += 1;
    (ends[lane] ??= []).push(connection);
    connection.lane = lane;
  }
  return ends.length;
}

function connectionsOf(blocks) {
  const long = [];
  blocks.forEach((block, to) =>
    (block.from ?? []).forEach((from) => {
      if (from !== to - 1) long.push({from, to});
    }),
  );
  return long;
}

/** Where things stand, left to right: long connections, boxes (the deeper, the further right), channels, size, parameters. */
function layout(blocks, long, width) {
  const count = lanes(long),
    levels = blocks.map((block) => (block.reduction > 0 ? Math.max(0, Math.round(Math.log2(block.reduction))) : null));
  const deepest = Math.max(0, ...levels.map((level) => level ?? 0));
  const narrow = width < 560;
  const gutter = count === 0 ? 4 : 14 + count * (narrow ? 8 : 11);
  const step = narrow ? 4 : 16;
  // A block of unknown size stands where the one that it reads stands.
  let last = 0;
  const indent = levels.map((level) => {
    last = level ?? last;
    return last * step;
  });
  const figures = narrow ? 92 : Math.min(330, width * 0.45);
  const box = Math.max(90, Math.min(narrow ? 170 : 230, width - gutter - deepest * step - figures - 8));
  return {
    narrow,
    gutter,
    indent,
    box,
    left: (index) => gutter + indent[index],
    figures: gutter + deepest * step + box + 10,
    middle: (index) => TOP + index * ROW + ROW / 2,
  };
}

function longLine({from, to, lane}, geometry, tip) {
  const x = geometry.gutter - 12 - lane * (geometry.narrow ? 8 : 11),
    a = geometry.middle(from) + 4,
    b = geometry.middle(to) - 4;
  return svg("path", {
    class: "link",
    d: `M ${geometry.left(from)} ${a} H ${x + 5} Q ${x} ${a} ${x} ${a + 5} V ${b - 5} Q ${x} ${b} ${x + 5} ${b} H ${geometry.left(to) - 5}`,
    "marker-end": tip,
  });
}

function nextLine(index, geometry, tip) {
  const x = Math.max(geometry.left(index), geometry.left(index + 1)) + 18;
  return svg("path", {
    class: "link",
    d: `M ${x} ${geometry.middle(index) + BOX / 2} V ${geometry.middle(index + 1) - BOX / 2 - 4}`,
    "marker-end": tip,
  });
}

function cut(text, width) {
  const most = Math.floor(width / 7.4);
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function row(block, index, geometry, width, parts, connected) {
  const y = geometry.middle(index),
    part = share(block.parameters, parts.all);
  const figures = [],
    inner = geometry.narrow && connected ? channels(block) : "";
  let x = geometry.figures;
  if (!geometry.narrow && connected) {
    figures.push(
      svg("text", {x, y, class: "figure"}, channels(block)),
      svg("text", {x: x + 92, y, class: "figure"}, size(block.reduction)),
    );
    x += 140;
  }
  const bar = Math.max(20, width - x - 62);
  if (block.parameters > 0) {
    figures.push(
      svg("rect", {
        class: "part",
        x,
        y: y - 5,
        width: Math.max(1.5, bar * share(block.parameters, parts.most)),
        height: 10,
        rx: 2,
      }),
      svg("text", {x: x + bar * share(block.parameters, parts.most) + 6, y, class: "figure"}, shareText(part)),
    );
  }
  return svg(
    "g",
    {class: block.parameters > 0 ? "block" : "block bare"},
    svg(
      "title",
      {},
      [
        block.name,
        nameOf(block),
        channels(block) && `channels ${channels(block)}`,
        block.reduction && `size ${size(block.reduction)}`,
        `${number(block.parameters)} parameters`,
      ]
        .filter(Boolean)
        .join(", "),
    ),
    svg("rect", {x: geometry.left(index), y: y - BOX / 2, width: geometry.box, height: BOX, rx: 5}),
    svg("text", {x: geometry.left(index) + 8, y, class: "number"}, String(index)),
    svg(
      "text",
      {x: geometry.left(index) + 32, y, class: "name"},
      cut(inner ? block.class : nameOf(block), geometry.box - 40 - (inner ? inner.length * 6.5 + 8 : 0)),
    ),
    ...(inner ? [svg("text", {x: geometry.left(index) + geometry.box - 8, y, class: "inner"}, inner)] : []),
    ...figures,
  );
}

let drawings = 0;
function draw(network, width) {
  const id = `arrow-${++drawings}`,
    tip = `url(#${id})`;
  const {blocks} = network,
    connected = network.order === "connected";
  const parts = {
    all: blocks.reduce((sum, block) => sum + block.parameters, 0),
    most: Math.max(1, ...blocks.map((block) => block.parameters)),
  };
  const long = connectionsOf(blocks),
    geometry = layout(blocks, long, width);
  const heads = [
    svg("text", {x: geometry.left(0), y: 10, class: "head"}, network.order === "tensors" ? "Tensors" : "Block"),
  ];
  if (!geometry.narrow && connected)
    heads.push(
      svg("text", {x: geometry.figures, y: 10, class: "head"}, "Channels"),
      svg("text", {x: geometry.figures + 92, y: 10, class: "head"}, "Size"),
    );
  heads.push(
    svg("text", {x: geometry.figures + (!geometry.narrow && connected ? 140 : 0), y: 10, class: "head"}, "Parameters"),
  );
  return svg(
    "svg",
    {
      class: "sketch",
      width,
      height: TOP + blocks.length * ROW + 4,
      viewBox: `0 0 ${width} ${TOP + blocks.length * ROW + 4}`,
      role: "img",
      "aria-label": summary(network),
    },
    svg(
      "defs",
      {},
      svg(
        "marker",
        {id, viewBox: "0 0 6 6", refX: 5, refY: 3, markerWidth: 6, markerHeight: 6, orient: "auto"},
        svg("path", {d: "M 0 0 L 6 3 L 0 6 z", class: "arrow"}),
      ),
    ),
    ...heads,
    ...(connected
      ? blocks.flatMap((block, index) => (block.from?.includes(index - 1) ? [nextLine(index - 1, geometry, tip)] : []))
      : []),
    ...long.map((connection) => longLine(connection, geometry, tip)),
    ...blocks.map((block, index) => row(block, index, geometry, width, parts, connected)),
  );
}

function summary({order, blocks}) {
  const all = blocks.reduce((sum, block) => sum + block.parameters, 0);
  return order === "tensors"
    ? `${blocks.length} groups of tensors with ${number(all)} parameters`
    : `${blocks.length} blocks with ${number(all)} parameters`;
}

const ORDERS = {
  connected:
    "From input to output. A box further right has a smaller picture; lines at the left lead past what lies between. Size is that of a block's output, of the input's height.",
  registered:
    "In the order in which the model lists its parts. How they are connected is in its code, which is not run to draw this.",
  tensors: "The checkpoint holds tensors without a model: they are grouped by the beginning of their names.",
};

function asTable({order, blocks}) {
  const all = blocks.reduce((sum, block) => sum + block.parameters, 0);
  const heads =
    order === "tensors"
      ? ["Name", "Tensors", "Parameters", "Share"]
      : ["Block", "Class", "Reads", "Channels", "Size", "Parameters", "Share"];
  const cells = (block) =>
    (order === "tensors"
      ? [block.tensors]
      : [nameOf(block), (block.from ?? []).join(", "), channels(block), size(block.reduction)]
    ).concat(number(block.parameters), shareText(share(block.parameters, all)));
  return el(
    "details",
    {},
    el("summary", {}, "The same as a table"),
    el(
      "div",
      {class: "scroll", role: "region", tabindex: 0, "aria-label": "The network as a table"},
      el(
        "table",
        {},
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            heads.map((head) => el("th", {scope: "col"}, head)),
          ),
        ),
        el(
          "tbody",
          {},
          blocks.map((block, index) =>
            el(
              "tr",
              {},
              el("th", {scope: "row"}, order === "tensors" ? block.name : `${index} ${block.name}`),
              cells(block).map((cell) => el("td", {}, cell)),
            ),
          ),
        ),
      ),
    ),
  );
}

/** What `inspect` tells of a checkpoint's network as a drawing that follows the width of the page; null where it tells nothing. */
export function networkView(network) {
  if (!network?.blocks?.length) return null;
  const frame = el("div", {class: "sketch-frame"});
  let drawn = 0;
  new ResizeObserver(([entry]) => {
    const width = Math.floor(Math.min(entry.contentRect.width, 860));
    if (width < 200 || width === drawn) return;
    drawn = width;
    frame.replaceChildren(draw(network, width));
  }).observe(frame);
  return el(
    "div",
    {class: "network"},
    el("p", {class: "quiet"}, `${summary(network)}. ${ORDERS[network.order] ?? ""}`),
    frame,
    asTable(network),
  );
}
