//! Notices on their way into the store.

use amz_services::ports::inbox::NewNotice;

use crate::stored::digest;

/// A notice and the digest of its body. The digest is made by whoever brings the notice, not in the commit that others wait for.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) notice: NewNotice,
    pub(crate) digest: String,
}

impl Arrived {
    pub(crate) fn all(notices: Vec<NewNotice>) -> Vec<Self> {
        notices.into_iter().map(|notice| Self { digest: digest(&notice.body), notice }).collect()
    }
}
