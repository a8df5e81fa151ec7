// Runs ONNX models with ONNX Runtime on inputs from .npy files and writes their outputs as .npy files.
//   node run_models.mjs JOBS.json
// JOBS.json: [{"model": path, "optimise": false, "runs": [{"inputs": {name: npy}, "outputs": {name: npy}}]}]
// ONNX Runtime is found through NODE_PATH or the node_modules beside JOBS.json.
import {readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';

const jobsFile = path.resolve(process.argv[2]);
const ort = createRequire(jobsFile)('onnxruntime-node');

const types = {
  '<f4': ['float32', Float32Array],
  '|i1': ['int8', Int8Array],
  '|u1': ['uint8', Uint8Array],
};

function readNpy(file) {
  const bytes = readFileSync(file);
  const length = bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, 10 + length);
  const [type, ArrayType] = types[/'descr': '([^']*)'/.exec(header)[1]];
  const shape = (/'shape': \(([^)]*)\)/.exec(header)[1].match(/\d+/g) ?? []).map(Number);
  const body = bytes.subarray(10 + length);
  const copy = new Uint8Array(body).buffer;
  return new ort.Tensor(type, new ArrayType(copy), shape);
}

function writeNpy(file, tensor) {
  const descr = Object.keys(types).find((key) => types[key][0] === tensor.type);
  const shape = tensor.dims.length === 1 ? `${tensor.dims[0]},` : tensor.dims.join(', ');
  let header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  header = header.padEnd(Math.ceil((11 + header.length) / 64) * 64 - 11) + '\n';
  const start = Buffer.alloc(10);
  start.write('\x93NUMPY', 'latin1');
  start[6] = 1;
  start.writeUInt16LE(header.length, 8);
  const data = Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  writeFileSync(file, Buffer.concat([start, Buffer.from(header, 'latin1'), data]));
}

for (const job of JSON.parse(readFileSync(jobsFile, 'utf8'))) {
  const options = {graphOptimizationLevel: job.optimise ? 'all' : 'disabled', intraOpNumThreads: 2, logSeverityLevel: 3};
  const session = await ort.InferenceSession.create(job.model, options);
  for (const run of job.runs) {
    const feeds = Object.fromEntries(Object.entries(run.inputs).map(([name, file]) => [name, readNpy(file)]));
    const results = await session.run(feeds);
    for (const [name, file] of Object.entries(run.outputs)) writeNpy(file, results[name]);
  }
  await session.release?.();
}
