/// Hypothesis tests, each a function that returns a ``TestResult``.
///
/// Samples are one-dimensional arrays of any numeric type and layout. Too few observations, unequal lengths and impossible
/// options are errors that name the argument; NaN follows ``MissingPolicy``; degenerate data (constant input) give NaN or
/// an infinite statistic together with a warning that says why.
public enum HypothesisTests {}
