//! The clock on the wall, and how a time is written: RFC 3339 in UTC with milliseconds. Any time by
//! RFC 3339 is read.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in Unix milliseconds.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A time in Unix milliseconds as text, e.g. `2026-11-22T19:07:03.250Z`.
pub fn rfc3339(ms: u64) -> String {
    let (days, ms_of_day) = (ms / 86_400_000, ms % 86_400_000);
    let (year, month, day) = date(days);
    let (hour, minute) = (ms_of_day / 3_600_000, ms_of_day / 60_000 % 60);
    let (second, milli) = (ms_of_day / 1_000 % 60, ms_of_day % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// A time that was written by RFC 3339, in Unix milliseconds: 0 if it was before 1970.
pub fn from_rfc3339(text: &str) -> Option<u64> {
    let text = text.to_ascii_uppercase();
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix('T').or_else(|| rest.strip_prefix(' '))?;
    let (time, rest) = rest.split_at_checked(8)?;
    let digits = rest
        .strip_prefix('.')
        .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let (fraction, offset) = if rest.starts_with('.') {
        (digits > 0).then_some(())?;
        rest[1..].split_at_checked(digits)?
    } else {
        ("", rest)
    };
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let most = days_of(year, month)?;
    let real = (1..=most).contains(&day) && hour <= 23 && minute <= 59 && second <= 60;
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    let milli: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let ms = (seconds - offset_s(offset)?) * 1_000 + milli;
    real.then(|| u64::try_from(ms).unwrap_or(0))
}

/// Numbers of so many digits each, with something between them.
fn numbers<const N: usize>(text: &str, between: char, widths: [usize; N]) -> Option<[i64; N]> {
    let parts: Vec<&str> = text.split(between).collect();
    let fits = |(part, width): (&&str, usize)| {
        part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if parts.len() != N || !parts.iter().zip(widths).all(fits) {
        return None;
    }
    let numbers: Option<Vec<i64>> = parts.iter().map(|part| part.parse().ok()).collect();
    numbers?.try_into().ok()
}

/// How many seconds local time is ahead of UTC.
fn offset_s(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = text.split_at_checked(1)?;
    let [hours, minutes] = numbers(rest, ':', [2, 2])?;
    let seconds = hours * 3_600 + minutes * 60;
    match sign {
        _ if hours > 23 || minutes > 59 => None,
        "+" => Some(seconds),
        "-" => Some(-seconds),
        _ => None,
    }
}

/// How many days a month has.
fn days_of(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => Some(if leap { 29 } else { 28 }),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}

/// How many days a date is after 1970-01-01, by the same calendar.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let march_month = (month + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date of a day since 1970, by the calendar's 400-year cycle, its years beginning in March.
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let leaps = day_of_era / 1_460 + day_of_era / 146_096;
    let year_of_era = (day_of_era + day_of_era / 36_524 - leaps) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
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
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
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
