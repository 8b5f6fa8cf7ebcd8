namespace Partner.Sending;

/// <summary>
/// Dates as text, as clients write them: ISO 8601 in its extended and its basic form, with <c>T</c> or a blank, a point
/// or a comma, any offset or none, which is UTC (<c>2026-01-02 03:04:05,678+0100</c>, <c>20260102T030405Z</c>); and RFC
/// 3164 (<c>Jan  2 03:04:05</c>), which has no year. A date without a time of day is none of an event.
/// </summary>
internal ref struct DateText(ReadOnlySpan<char> text)
{
    private const int MinutesOfDay = 24 * 60;
    private static readonly string[] Months =
    [
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ];

    private ReadOnlySpan<char> _rest = text;

    /// <param name="milliseconds">Since 1970.</param>
    public static bool TryRead(ReadOnlySpan<char> text, DateTimeOffset now, out long milliseconds)
    {
        var reader = new DateText(text.Trim());
        return reader._rest.Length > 0 && char.IsAsciiLetter(reader._rest[0])
            ? reader.TryReadSyslog(now, out milliseconds)
            : reader.TryReadIso(out milliseconds);
    }

    private bool TryReadIso(out long milliseconds)
    {
        milliseconds = 0;
        if (!TryNumber(4, out var year))
        {
            return false;
        }

        var isExtended = Take('-');
        if (
            !TryNumber(2, out var month)
            || (isExtended && !Take('-'))
            || !TryNumber(2, out var day)
            || !(Take('T') || Take('t') || Take(' '))
            || !IsDate(year, month, day)
            || !TryReadTime(out var time)
            || !TryReadOffset(out var offset)
            || _rest.Length > 0
        )
        {
            return false;
        }

        milliseconds = MillisecondsOf(year, month, day) + time - offset;
        return true;
    }

    private bool TryReadSyslog(DateTimeOffset now, out long milliseconds)
    {
        milliseconds = 0;
        var month = _rest.Length < 3 ? 0 : Array.IndexOf(Months, _rest[..3].ToString()) + 1;
        _rest = month == 0 ? default : _rest[3..];
        if (!Take(' '))
        {
            return false;
        }

        _rest = _rest.TrimStart(' ');
        if (
            !(TryNumber(2, out var day) || TryNumber(1, out day))
            || !Take(' ')
            || !TryReadTime(out var time)
            || _rest.Length > 0
        )
        {
            return false;
        }

        // Its year is the one that makes it past, or hardly future.
        for (var year = now.AddDays(1).Year; year > now.Year - 5 && year > 0; year--)
        {
            milliseconds = IsDate(year, month, day) ? MillisecondsOf(year, month, day) + time : long.MaxValue;
            if (milliseconds <= now.AddDays(1).ToUnixTimeMilliseconds())
            {
                return true;
            }
        }

        return false;
    }

    // 03:04, 03:04:05, 03:04:05.678 and these without colons. 24:00 is the end of the day, and :60 a leap second.
    private bool TryReadTime(out long milliseconds)
    {
        milliseconds = 0;
        if (!TryNumber(2, out var hours))
        {
            return false;
        }

        var isExtended = Take(':');
        if (!TryNumber(2, out var minutes))
        {
            return false;
        }

        var seconds = 0;
        if (isExtended ? Take(':') : _rest.Length > 0 && char.IsAsciiDigit(_rest[0]))
        {
            if (!TryNumber(2, out seconds))
            {
                return false;
            }
        }

        var fraction = 0;
        if ((Take('.') || Take(',')) && !TryFraction(out fraction))
        {
            return false;
        }

        milliseconds = (((((long)hours * 60) + minutes) * 60) + seconds) * 1_000 + fraction;
        return minutes < 60 && seconds <= 60 && (hours * 60) + minutes <= MinutesOfDay;
    }

    private bool TryReadOffset(out long milliseconds)
    {
        milliseconds = 0;
        _rest = _rest.TrimStart(' ');
        if (_rest.Length == 0 || Take('Z') || Take('z'))
        {
            return true;
        }

        // U+2212 is ISO 8601's own minus.
        var isMinus = Take('-') || Take('\u2212');
        if (!isMinus && !Take('+'))
        {
            return false;
        }

        if (!TryNumber(2, out var hours))
        {
            return false;
        }

        var hasColon = Take(':');
        if (!TryNumber(2, out var minutes) && (hasColon || _rest.Length > 0))
        {
            return false;
        }

        milliseconds = ((hours * 60L) + minutes) * (isMinus ? -60_000 : 60_000);
        return minutes < 60;
    }

    private bool TryFraction(out int milliseconds)
    {
        milliseconds = 0;
        var digits = 0;
        for (; _rest.Length > 0 && char.IsAsciiDigit(_rest[0]); digits++, _rest = _rest[1..])
        {
            milliseconds = digits < 3 ? (milliseconds * 10) + (_rest[0] - '0') : milliseconds;
        }

        for (var i = digits; i < 3; i++)
        {
            milliseconds *= 10;
        }

        return digits > 0;
    }

    private bool TryNumber(int digits, out int number)
    {
        number = 0;
        if (_rest.Length < digits)
        {
            return false;
        }

        foreach (var digit in _rest[..digits])
        {
            if (!char.IsAsciiDigit(digit))
            {
                number = 0;
                return false;
            }

            number = (number * 10) + (digit - '0');
        }

        _rest = _rest[digits..];
        return true;
    }

    private bool Take(char expected)
    {
        if (_rest.Length == 0 || _rest[0] != expected)
        {
            return false;
        }

        _rest = _rest[1..];
        return true;
    }

    private static bool IsDate(int year, int month, int day) =>
        year > 0 && month is > 0 and <= 12 && day > 0 && day <= DateTime.DaysInMonth(year, month);

    private static long MillisecondsOf(int year, int month, int day) =>
        new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
}
