//! Building an app quickly, for HTTP tests.
