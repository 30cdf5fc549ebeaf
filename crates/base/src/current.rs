//! A value that is replaced whole while others read it: whoever has begun with one goes on with that one.

use std::sync::{Arc, PoisonError, RwLock};

/// The present value. Readers take it by [`Current::get`] once and keep it as long as their work lasts.
#[derive(Debug)]
pub struct Current<T>(RwLock<Arc<T>>);

impl<T> Current<T> {
    /// Begins with `value`.
    pub fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// The value of this moment.
    pub fn get(&self) -> Arc<T> {
        // Whoever panicked while holding the lock left a whole value: it is only ever exchanged.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another one in its place.
    pub fn set(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_begun_keeps_what_it_began_with() {
        let current = Current::new(1);
        let begun = current.get();
        current.set(2);
        assert_eq!((*begun, *current.get()), (1, 2));
    }
}
