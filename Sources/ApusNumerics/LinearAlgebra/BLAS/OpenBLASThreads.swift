import COpenBLAS

/// Keeps OpenBLAS on the calling thread: parallel work is cut by ``BLAS`` and run by ``ThreadPool``, so that results do
/// not depend on the number of threads.
package enum OpenBLASThreads {
  /// Asserts one thread. A host program that shares our OpenBLAS may have changed the setting, so every entry point calls
  /// this; when nothing changed it costs one load.
  package static func assertSingle() {
    if openblas_get_num_threads() != 1 { openblas_set_num_threads(1) }
  }
}
