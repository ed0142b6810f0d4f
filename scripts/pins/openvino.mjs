// Which wheel of scripts/pins/openvino.txt holds the libraries of which machine. A new machine is a new row here and
// a new hash there. The Python version only picks one of several wheels with the same libraries: ours are not used
// from Python.

export const openvinoVersion = '2026.4.1'

/** @type {Record<string, { pipPlatform: string, pythonVersion: string, sha256: string }>} */
export const openvinoWheels = {
  'linux-x64': {
    pipPlatform: 'manylinux_2_28_x86_64',
    pythonVersion: '3.11',
    sha256: '2d22b1da03f7caf74df30e9f6417d0ab2f637e4a38e08e1dcd294d2c37407aaf',
  },
}
