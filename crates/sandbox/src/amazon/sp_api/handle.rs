//! The handle to the pretend Selling Partner API.

use std::sync::MutexGuard;

use super::{PageFault, SpApiHabits, SpApiState};
use crate::amazon::Amazon;
use crate::locked;

impl Amazon {
    pub(super) fn sp_api(&self) -> MutexGuard<'_, SpApiState> {
        locked(&self.sp_api.state)
    }
}

/// The Selling Partner API.
impl Amazon {
    /// How it behaves.
    pub fn sp_api_habits(&self) -> SpApiHabits {
        self.sp_api().habits.clone()
    }

    /// Changes how it behaves, from now on.
    pub fn set_sp_api_habits(&self, habits: SpApiHabits) {
        self.sp_api().habits = habits;
    }

    /// Ends all access tokens, as their time would: calls are refused because they expired.
    pub fn expire_sp_api_tokens(&self) {
        self.sp_api().tokens.end_all();
    }

    /// Takes all access tokens back: calls are refused because they are not known.
    pub fn revoke_sp_api_tokens(&self) {
        self.sp_api().tokens.forget_all();
    }

    /// The seller takes the application's authorisation back: the refresh token gives no more access
    /// tokens. Those given out live on.
    pub fn revoke_sp_api_refresh_token(&self) {
        self.sp_api().refresh_token = None;
    }

    /// The seller authorises the application, again or anew: this refresh token works from now on.
    pub fn set_sp_api_refresh_token(&self, refresh_token: &str) {
        self.sp_api().refresh_token = Some(refresh_token.to_owned());
    }

    /// The application gets a new secret; the old one stops working at once.
    pub fn set_sp_api_secret(&self, client_secret: &str) {
        self.sp_api().client_secret = client_secret.to_owned();
    }

    /// Refuses all stock calls because the application lacks the role for them, or no more.
    pub fn deny_sp_api_access(&self, denied: bool) {
        self.sp_api().access_denied = denied;
    }

    /// Lets calls for one page of the full or the changed-since list fail, in the crawls to come.
    pub fn fail_page(&self, fault: PageFault) {
        self.sp_api().page_faults.push(fault);
    }

    /// Forgets all pages that were to fail.
    pub fn clear_page_faults(&self) {
        self.sp_api().page_faults.clear();
    }
}
