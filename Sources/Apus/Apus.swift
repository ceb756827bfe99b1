@_exported import ApusNumerics
