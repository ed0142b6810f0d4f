// Imports between the rooms of lib/ go one way: a room sees only the rooms that its data comes from (and the ground
// floor, which every room may use). docs/architecture.md has the picture.

const groundFloor = ['errors', 'logging', 'native', 'tensor']
const stages = [
  'model',
  'graph',
  'image',
  'preprocess',
  'dataset',
  'calibration',
  'quantization',
  'engine',
  'inference',
  'evaluation',
  'report',
  'serving',
  'api',
  'cli',
]

const inRoom = (rooms) => `^lib/(${rooms.join('|')})/`

const oneWay = stages.map((room, position) => ({
  name: `${room}-looks-only-back`,
  comment: `lib/${room} comes before ${stages.slice(position + 1).join(', ') || 'nothing'}`,
  severity: 'error',
  from: { path: inRoom([room]) },
  to: { path: inRoom(stages.slice(position + 1)) },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...oneWay.slice(0, -1),
    {
      name: 'ground-floor-knows-no-stage',
      comment: 'errors, logging, native and tensor are used by every stage and know none of them',
      severity: 'error',
      from: { path: inRoom(groundFloor) },
      to: { path: inRoom(stages) },
    },
    {
      name: 'rooms-are-known',
      comment: 'a new room of lib/ gets its place in the order at the top of .dependency-cruiser.mjs',
      severity: 'error',
      from: { path: '^lib/[^/]+/', pathNot: inRoom([...groundFloor, ...stages]) },
      to: {},
    },
    {
      name: 'index-is-for-outsiders',
      comment: 'lib/index.ts holds the public names; inside, files import from where a thing is made',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/cli/' },
      to: { path: '^lib/index\\.ts$' },
    },
    {
      name: 'no-circles',
      comment: 'files that need each other are one file, or lack a third',
      severity: 'error',
      from: { path: '^lib/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'declared-packages-only',
      comment: 'lib/ may use only what an installed enginery has, and its optional peers',
      severity: 'error',
      from: { path: '^lib/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'imports-resolve',
      severity: 'error',
      from: { path: '^lib/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
}
