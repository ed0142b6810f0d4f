// One call of quantize. One JSON line out: whether statistics of before were used, and what the call alone took.
const { quantize } = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
const options = JSON.parse(process.argv[2])
const began = performance.now()
const { calibration } = await quantize(options)
const seconds = (performance.now() - began) / 1000
const { user, system } = process.cpuUsage()
console.log(JSON.stringify({ reused: calibration.reused, seconds, cpuSeconds: (user + system) / 1e6 }))
