//! Reading bodies that may be too long or never end.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use amz_event_handler::{Rejection, Rule};
use axum::body::{Body, HttpBody};

/// How long a sender may take for a body.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many times the limit is read and thrown away, so that a sender who is still writing gets to read the
/// refusal instead of a reset connection.
const DRAINED_TIMES: usize = 4;

/// The whole body, if it has at most `max_bytes`.
///
/// # Errors
/// `body_too_large`, `body_unreadable`.
pub(super) async fn read(body: Body, max_bytes: usize) -> Result<Vec<u8>, Rejection> {
    tokio::time::timeout(PATIENCE, collect(body, max_bytes))
        .await
        .unwrap_or_else(|_| Err(Rule::BodyUnreadable.broken("the body took too long")))
}

async fn collect(mut body: Body, max_bytes: usize) -> Result<Vec<u8>, Rejection> {
    let drained_bytes = max_bytes.saturating_mul(DRAINED_TIMES);
    let announced_bytes = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut read_bytes = 0_usize;
    let mut content = Vec::new();
    while announced_bytes <= drained_bytes && read_bytes <= drained_bytes {
        match poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            None => break,
            Some(Err(_)) => return Err(Rule::BodyUnreadable.broken("the body broke off")),
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { continue };
                read_bytes = read_bytes.saturating_add(data.len());
                if read_bytes <= max_bytes {
                    content.extend_from_slice(&data);
                }
            }
        }
    }
    if announced_bytes > max_bytes || read_bytes > max_bytes {
        return Err(Rule::BodyTooLarge.broken(format!("the body may have {max_bytes} bytes")));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not() {
        assert_eq!(read(Body::from("12345"), 5).await, Ok(b"12345".to_vec()));
        assert_eq!(read(Body::from("123456"), 5).await.unwrap_err().code, "body_too_large");
        assert_eq!(read(Body::from("1".repeat(1000)), 5).await.unwrap_err().code, "body_too_large");
        assert_eq!(read(Body::empty(), 0).await, Ok(Vec::new()));
    }
}
