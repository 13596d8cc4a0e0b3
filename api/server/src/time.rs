//! The clock on the wall, and how a time is written: RFC 3339 in UTC with milliseconds. Any time by
//! RFC 3339 is read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The end of the year 9999, the last that RFC 3339 can write, in Unix milliseconds.
const LATEST_MS: u64 = 253_402_300_799_999;

/// Now, in Unix milliseconds.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A time in Unix milliseconds as text, e.g. `2026-11-22T19:07:03.250Z`.
pub fn rfc3339(ms: u64) -> String {
    let latest = UNIX_EPOCH + Duration::from_millis(ms.min(LATEST_MS));
    let time = OffsetDateTime::from(latest);
    let (date, hour, minute) = (time.date(), time.hour(), time.minute());
    let (second, milli) = (time.second(), time.millisecond());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// A time that was written by RFC 3339, in Unix milliseconds: 0 if it was before 1970.
pub fn from_rfc3339(text: &str) -> Option<u64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    Some(u64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(rfc3339(1_709_164_799_999), "2024-02-28T23:59:59.999Z");
        assert_eq!(rfc3339(1_795_374_423_250), "2026-11-22T19:07:03.250Z");
        assert_eq!(rfc3339(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
    }

    #[test]
    fn a_time_is_read_as_it_was_written() {
        let times = [0, 951_782_400_000, 1_709_164_799_999, 1_795_374_423_250, 4_107_542_400_000];
        for ms in times {
            assert_eq!(from_rfc3339(&rfc3339(ms)), Some(ms));
        }
        for (text, ms) in [
            ("2026-11-22T19:07:03Z", 1_795_374_423_000),
            ("2026-11-22t19:07:03.25z", 1_795_374_423_250),
            ("2026-11-22 20:37:03.2509+01:30", 1_795_374_423_250),
            ("2026-11-22T18:07:03.250-01:00", 1_795_374_423_250),
            // A leap second is the end of the second before it.
            ("2016-12-31T23:59:60Z", 1_483_228_799_999),
            ("0001-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00+00:01", 0),
        ] {
            assert_eq!(from_rfc3339(text), Some(ms), "{text}");
        }
    }

    #[test]
    fn another_text_is_no_time() {
        for text in [
            "",
            "now",
            "2026-11-22",
            "2026-11-22T19:07:03",
            "2026-11-22T19:07Z",
            "2026-11-22T19:07:03.Z",
            "2026-11-22T24:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-11-00T00:00:00Z",
            "2026-11-22T19:60:00Z",
            "2026-11-22T19:07:61Z",
            "2026-11-22T19:07:03+0100",
            "2026-11-22T19:07:03+24:00",
            "+026-11-22T19:07:03Z",
            "2026-11-22T19:07:03ZZ",
            "ü026-11-22T19:07:03Z",
        ] {
            assert_eq!(from_rfc3339(text), None, "{text}");
        }
    }
}
