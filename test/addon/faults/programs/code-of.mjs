/** The code of what a function throws or a promise rejects with; 'no error' where it does neither. */
export async function codeOf(attempt) {
  try {
    await (typeof attempt === 'function' ? attempt() : attempt)
    return 'no error'
  } catch (error) {
    return error.code ?? `${error.name}: ${error.message}`
  }
}
