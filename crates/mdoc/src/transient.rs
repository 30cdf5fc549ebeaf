//! Values that were asked for without the intent to retain them, and those that may be kept.

use base::{Date, Personal};
use zeroize::Zeroize;

/// Values that can be made unreadable in place.
pub trait Wipe {
    /// Overwrites the value.
    fn wipe(&mut self);
}

impl Wipe for String {
    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl Wipe for Vec<u8> {
    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl Wipe for bool {
    fn wipe(&mut self) {
        *self = false;
    }
}

impl Wipe for u8 {
    fn wipe(&mut self) {
        *self = 0;
    }
}

impl Wipe for Date {
    fn wipe(&mut self) {
        *self = Self::from_days_since_epoch(0);
    }
}

/// A value asked for to be looked at only (`intentToRetain` false). It cannot be copied, stored, serialised or printed:
/// it is shown to a closure and wiped when dropped.
///
/// ```compile_fail
/// fn copy(value: &yakuba_mdoc::Transient<String>) -> yakuba_mdoc::Transient<String> { value.clone() }
/// ```
/// ```compile_fail
/// fn store(value: yakuba_mdoc::Transient<String>) -> String { value.into_inner() }
/// ```
/// ```compile_fail
/// fn show(value: &yakuba_mdoc::Transient<String>) -> String { format!("{value}") }
/// ```
pub struct Transient<T: Wipe>(T);

impl<T: Wipe> Transient<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// Shows the value to `look`: to draw it on a screen, or to compare it with what the register says. Nothing of it
    /// may leave the closure but a verdict.
    pub fn look<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.0)
    }
}

impl<T: Wipe> Drop for Transient<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<T: Wipe> std::fmt::Debug for Transient<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<transient>")
    }
}

/// A value as it was asked for.
#[derive(Debug)]
pub enum Disclosed<T: Wipe> {
    /// The holder agreed that it is kept.
    MayBeKept(Personal<T>),
    /// The holder agreed to a look.
    LookOnly(Transient<T>),
}

impl<T: Wipe> Disclosed<T> {
    /// Shows the value to `look`, whichever it is.
    pub fn look<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        match self {
            Self::MayBeKept(value) => look(value.reveal()),
            Self::LookOnly(value) => value.look(look),
        }
    }

    /// The value to be stored; `None` when the holder agreed to a look only.
    pub fn kept(self) -> Option<Personal<T>> {
        match self {
            Self::MayBeKept(value) => Some(value),
            Self::LookOnly(_) => None,
        }
    }
}
