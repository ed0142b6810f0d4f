// npm run pack:platform: packs what is published, the main package and this machine's platform packages, into
// .deps/tarballs, and prints their sizes.
import { packPackages } from './package/pack-packages.mjs'

try {
  await packPackages(console.log)
} catch (error) {
  console.error(`pack:platform: ${error.message}`)
  process.exitCode = 1
}
