//! File and message formats, without storage and without web.
