// Reads a pipeline from standard input with a parser of its kind, which the first argument names, and prints it as JSON.
// The parsers lie in the node_modules of the folder that the second argument names.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [kind, modules] = process.argv.slice(2);
const require = createRequire(modules + "/");
const text = readFileSync(0, "utf8");

// CircleCI's own parser of config.yml, on which its SDK is built. Its errors hold the part of the file.
function circleci() {
  return require("@circleci/circleci-config-parser").parseConfig(text);
}

// The tree of a Jenkinsfile by the grammar of Groovy. Jenkins makes of it what jenkins.go reads.
async function groovy() {
  const { Parser, Language } = await import(pathToFileURL(require.resolve("web-tree-sitter")).href);
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(await Language.load(readFileSync(require.resolve("tree-sitter-groovy/tree-sitter-groovy.wasm"))));
  const root = parser.parse(text).rootNode;
  refuse(root);
  return tree(root);
}

// The parser goes on after an error, and leaves a node there.
function refuse(node) {
  if (node.isError || node.isMissing) {
    throw new Error(`line ${node.startPosition.row + 1}: ${node.isMissing ? "missing " + node.type : "not Groovy: " + node.text.split("\n")[0]}`);
  }
  node.children.forEach(refuse);
}

function tree(node, field) {
  const children = [];
  node.children.forEach((child, i) => {
    if (child.isNamed && !child.type.endsWith("comment")) children.push(tree(child, node.fieldNameForChild(i)));
  });
  return { type: node.type, field: field || "", text: node.text, line: node.startPosition.row + 1, children };
}

try {
  console.log(JSON.stringify(await { circleci, groovy }[kind]()));
} catch (err) {
  console.error(err.message ?? err);
  process.exit(1);
}
