// A folder becomes a tar in the browser: headers in memory, the files themselves stay where they are until they are sent.

const BLOCK = 512;
const MOST_FILE_BYTES = 8 ** 11 - 1;
const encode = (text) => new TextEncoder().encode(text);

/** The ustar header of a file, or of what says a long name ("L", as GNU tar does). */
function header(name, size, type) {
  const block = new Uint8Array(BLOCK);
  const writeAt = (at, text) => block.set(encode(text), at);
  const octal = (value, digits) => `${value.toString(8).padStart(digits, "0")}\0`;
  block.set(name.subarray(0, 100), 0);
  writeAt(100, octal(0o644, 7));
  writeAt(108, octal(0, 7));
  writeAt(116, octal(0, 7));
  writeAt(124, octal(size, 11));
  writeAt(136, octal(0, 11));
  writeAt(148, " ".repeat(8));
  writeAt(156, type);
  writeAt(257, "ustar\x0000");
  writeAt(
    148,
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )} `,
  );
  return block;
}

const padding = (size) => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);

/** A tar named "NAME.tar" of [{path, file}]. Throws where a file is too large for the format. */
function tarOf(name, members) {
  const parts = [];
  for (const {path, file} of members) {
    if (file.size > MOST_FILE_BYTES)
      throw new Error(`${path} is larger than 8 GiB: pack the folder as a zip and choose that.`);
    const bytes = encode(path);
    if (bytes.length > 100)
      parts.push(
        header(encode("././@LongLink"), bytes.length + 1, "L"),
        bytes,
        new Uint8Array(1),
        padding(bytes.length + 1),
      );
    parts.push(header(bytes, file.size, "0"), file, padding(file.size));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return new File(parts, `${name}.tar`);
}

const entriesOf = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

async function walk(directory, prefix, members) {
  const reader = directory.createReader();
  for (let entries = await entriesOf(reader); entries.length > 0; entries = await entriesOf(reader)) {
    for (const entry of entries) {
      if (entry.isDirectory) await walk(entry, `${prefix}${entry.name}/`, members);
      else members.push({path: prefix + entry.name, file: await fileOf(entry)});
    }
  }
  return members;
}

/** What was dropped, a folder as a tar of it. Throws a sentence. */
export async function droppedFile(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  if (items.length === 0) throw new Error("That is no file.");
  if (items.length > 1) throw new Error("Drop one file or one folder at a time.");
  const entry = items[0].webkitGetAsEntry?.();
  if (!entry?.isDirectory) return transfer.files[0];
  return folderFile(entry.name, await walk(entry, "", []));
}

/** The same of what a folder's picker gives. */
export const chosenFolder = (files) =>
  folderFile(
    files[0].webkitRelativePath.split("/")[0],
    [...files].map((file) => ({path: file.webkitRelativePath.split("/").slice(1).join("/"), file})),
  );

function folderFile(name, members) {
  // What versioning and file managers leave in a folder is no part of a model.
  const wanted = members.filter(({path}) => !path.split("/").some((part) => part.startsWith(".")));
  if (wanted.length === 0) throw new Error(`The folder ${name} holds no files.`);
  return tarOf(name, wanted);
}
