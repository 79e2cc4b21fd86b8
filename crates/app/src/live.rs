//! Values that are replaced while work goes on.

use std::sync::{Arc, PoisonError, RwLock};

/// A value that may be replaced at any time, as a whole. Whoever took it before keeps what they took. Cheap to clone;
/// clones share the value.
#[derive(Debug, Default)]
pub struct Live<T>(Arc<RwLock<Arc<T>>>);

impl<T> Live<T> {
    /// A value to begin with.
    pub fn new(value: T) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(value))))
    }

    /// The value at this moment.
    pub fn get(&self) -> Arc<T> {
        // the lock is held for the exchange of a pointer, which does not panic
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another value in its place.
    pub fn replace(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_took_a_value_keeps_it() {
        let live = Live::new(1);
        let (taken, clone) = (live.get(), live.clone());
        clone.replace(2);
        assert_eq!((*taken, *live.get()), (1, 2));
    }
}
