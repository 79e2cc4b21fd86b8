//! `TO_CHAR`, `TO_DATE` and `TO_TIMESTAMP` formats.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// A piece of a date format.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Literal(String),
}

const PIECES: [(&str, Piece, usize); 6] = [
    ("YYYY", Piece::Year, 4),
    ("MM", Piece::Month, 2),
    ("DD", Piece::Day, 2),
    ("HH24", Piece::Hour, 2),
    ("MI", Piece::Minute, 2),
    ("SS", Piece::Second, 2),
];

fn pieces(format: &str) -> Result<Vec<Piece>, String> {
    let unknown = || format!("Search error occurred: date format not recognized: {format}");
    let mut found = Vec::new();
    let mut rest = format;
    while let Some(first) = rest.chars().next() {
        let upper = rest.to_ascii_uppercase();
        if let Some((word, piece, _)) = PIECES.iter().find(|(word, _, _)| upper.starts_with(word)) {
            found.push(piece.clone());
            rest = &rest[word.len()..];
        } else if first == '"' {
            let (literal, after) = rest[1..].split_once('"').ok_or_else(unknown)?;
            found.push(Piece::Literal(literal.to_owned()));
            rest = after;
        } else if first.is_ascii_punctuation() || first == ' ' {
            found.push(Piece::Literal(first.to_string()));
            rest = &rest[1..];
        } else {
            return Err(unknown());
        }
    }
    Ok(found)
}

/// Writes a moment in a format.
///
/// # Errors
/// When the format is not understood.
pub(super) fn write(moment: NaiveDateTime, format: &str) -> Result<String, String> {
    let mut text = String::new();
    for piece in pieces(format)? {
        let pattern = match &piece {
            Piece::Year => "%Y",
            Piece::Month => "%m",
            Piece::Day => "%d",
            Piece::Hour => "%H",
            Piece::Minute => "%M",
            Piece::Second => "%S",
            Piece::Literal(literal) => {
                text.push_str(literal);
                continue;
            }
        };
        text.push_str(&moment.format(pattern).to_string());
    }
    Ok(text)
}

/// Reads a moment by a format. Parts of the format beyond the end of the text count as zero hours.
///
/// # Errors
/// When the format is not understood or the text does not follow it.
pub(super) fn read(text: &str, format: &str) -> Result<NaiveDateTime, String> {
    let unfit = || format!("Search error occurred: the value {text} does not match the date format {format}");
    let (mut date, mut time) = ([0_u32, 1, 1], [0_u32; 3]);
    let mut rest = text;
    for piece in pieces(format)? {
        if rest.is_empty() {
            break;
        }
        let mut digits = |longest: usize| {
            let end = rest.bytes().take(longest).take_while(u8::is_ascii_digit).count();
            let (number, after) = rest.split_at(end);
            rest = after;
            number.parse::<u32>().map_err(|_| unfit())
        };
        match &piece {
            Piece::Year => date[0] = digits(4)?,
            Piece::Month => date[1] = digits(2)?,
            Piece::Day => date[2] = digits(2)?,
            Piece::Hour => time[0] = digits(2)?,
            Piece::Minute => time[1] = digits(2)?,
            Piece::Second => time[2] = digits(2)?,
            Piece::Literal(literal) => rest = rest.strip_prefix(literal.as_str()).ok_or_else(unfit)?,
        }
    }
    if !rest.is_empty() {
        return Err(unfit());
    }
    let year = i32::try_from(date[0]).map_err(|_| unfit())?;
    let day = NaiveDate::from_ymd_opt(year, date[1], date[2]).ok_or_else(unfit)?;
    Ok(day.and_time(NaiveTime::from_hms_opt(time[0], time[1], time[2]).ok_or_else(unfit)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_read_and_write() {
        let moment = read("2026-03-02 09:05:07", "YYYY-MM-DD HH24:MI:SS").unwrap();
        assert_eq!(write(moment, r#"YYYY-MM-DD"T"HH24:MI:SS"#).unwrap(), "2026-03-02T09:05:07");
        assert_eq!(write(moment, "YYYY-MM-DD").unwrap(), "2026-03-02");
        assert_eq!(read("2026-03-02", "YYYY-MM-DD HH24:MI:SS").unwrap().time(), NaiveTime::MIN);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(read("2026-02-30", "YYYY-MM-DD").is_err());
        assert!(read("2026-02-03Z", "YYYY-MM-DD").is_err());
        assert!(read("2026-02-03", "YYYY-QQ").is_err());
    }
}
