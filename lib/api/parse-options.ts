// Rooms before this one check their options the same way.
export { describeIssue, type OptionProblem, parseOptions } from '../errors/parse-options.js'
