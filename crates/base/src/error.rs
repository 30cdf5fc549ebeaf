//! The kinds of failure, and what each means to HTTP and to a shell, in one place.
//!
//! Each room has its own small error enum with `thiserror`; it maps itself to a [`Kind`], and only a `Kind` meets the
//! outside.

/// What sort of failure happened, from the caller's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The request itself is malformed; the caller can correct it.
    Invalid,
    /// Nobody is signed in, or the sign-in is not good enough.
    Unauthenticated,
    /// The caller is known and may not do this.
    Forbidden,
    /// There is no such thing, or the caller may not learn whether there is.
    NotFound,
    /// The state does not allow it now: done already, taken, withdrawn.
    Conflict,
    /// It was there once and will not come back: a one-time token used twice.
    Gone,
    /// A rule of the service says no.
    Refused,
    /// Too many tries; wait.
    TooMany,
    /// Something outside (J-LIS, the database, a printer) does not answer; try later.
    Unavailable,
    /// A defect of ours.
    Internal,
}

impl Kind {
    /// The HTTP status code.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Gone => 410,
            Self::Refused => 422,
            Self::TooMany => 429,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }

    /// The exit code of a command. 1 is "the answer is no"; others follow `sysexits.h`.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Refused | Self::Conflict | Self::Gone | Self::NotFound => 1,
            Self::Invalid => 65,
            Self::Unauthenticated | Self::Forbidden => 77,
            Self::TooMany | Self::Unavailable => 75,
            Self::Internal => 70,
        }
    }
}
