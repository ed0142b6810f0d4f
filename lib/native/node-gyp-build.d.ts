/** The part of node-gyp-build that is used here; the package ships no types. */
declare module 'node-gyp-build' {
  const nodeGypBuild: {
    /** Path of the addon built or prebuilt under `root`; throws where there is none. */
    path(root: string): string
  }
  export default nodeGypBuild
}
