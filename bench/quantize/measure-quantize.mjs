// One call of quantize. One JSON line out: whether statistics of before were used.
const { quantize } = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
const { calibration } = await quantize(JSON.parse(process.argv[2]))
console.log(JSON.stringify({ reused: calibration.reused }))
