using System.Text;
using System.Text.Json;

namespace Partner.Sending.Tests;

public sealed class ItemTimeTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_767_323_045); // 2026-01-02T03:04:05Z

    [Theory]
    [InlineData("1767323045000", 1767323045000)]
    [InlineData("1767323045", 1767323045L)]
    [InlineData("0", 0L)]
    [InlineData("-5", -5L)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("1767323045000.9", 1767323045000)]
    [InlineData("1.767323045e12", 1767323045000)]
    [InlineData("1767323045.5", null)]
    [InlineData("1767323045000000000", null)]
    [InlineData("9223372036854775808", null)]
    [InlineData("1e400", null)]
    [InlineData("true", null)]
    [InlineData("null", null)]
    [InlineData("\"2026-01-02T03:04:05Z\"", 1767323045000)]
    [InlineData("\"2026-01-02t03:04:05z\"", 1767323045000)]
    [InlineData("\"2026-01-02 03:04:05\"", 1767323045000)]
    [InlineData("\"2026-01-02T03:04\"", 1767323040000)]
    [InlineData("\"2026-01-02 03:04:05,250\"", 1767323045250)]
    [InlineData("\"2026-01-02 03:04:05.25 +0100\"", 1767319445250)]
    [InlineData("\"2026-01-02T04:04:05.250999999+01:00\"", 1767323045250)]
    [InlineData("\"2026-01-01T22:04:05-05\"", 1767323045000)]
    [InlineData("\"2026-01-01T22:04:05\u221205:00\"", 1767323045000)]
    [InlineData("\"20260102T030405Z\"", 1767323045000)]
    [InlineData("\"20260102T030405,5+0000\"", 1767323045500)]
    [InlineData("\"2026-01-02T24:00:00Z\"", 1767398400000)]
    [InlineData("\"2026-01-02T03:04:60Z\"", 1767323100000)]
    [InlineData("\"\\u0032026-01-02T03:04:05Z\"", 1767323045000)]
    [InlineData("\"Jan  2 03:04:05\"", 1767323045000)]
    [InlineData("\"Jan 2 03:04:05\"", 1767323045000)]
    [InlineData("\"Jan 02 03:04:05\"", 1767323045000)]
    [InlineData("\"Dec 31 23:59:59\"", 1767225599000)]
    [InlineData("\"Jan  3 01:00:00\"", 1767402000000)]
    [InlineData("\"Jan  4 01:00:00\"", 1735952400000)]
    [InlineData("\"Feb 29 00:00:00\"", 1709164800000)]
    [InlineData("\"2026-01-02\"", null)]
    [InlineData("\"2026-13-02T03:04:05Z\"", null)]
    [InlineData("\"2026-02-30T03:04:05Z\"", null)]
    [InlineData("\"0000-01-01T00:00:00Z\"", null)]
    [InlineData("\"2026-01-02T03:61:05Z\"", null)]
    [InlineData("\"2026-01-02T25:00:05Z\"", null)]
    [InlineData("\"2026-01-02T03:04:05Zulu\"", null)]
    [InlineData("\"2026-01-02T03:04:05.\"", null)]
    [InlineData("\"2026-01-02T03:04:05+01:\"", null)]
    [InlineData("\"0001-01-01T00:00:00+14:00\"", -62135647200000)]
    [InlineData("\"9999-12-31T23:59:59-14:00\"", 253402351199000)]
    [InlineData("\"\\ud83d is when it was\"", null)]
    [InlineData("\"2026-01-02T03:04:05\\ud83d\"", null)]
    [InlineData("\"Foo  2 03:04:05\"", null)]
    [InlineData("\"yesterday\"", null)]
    [InlineData("\"\"", null)]
    public void ALogsTimeIsReadAsDatadogReadsItAndNothingThrows(string json, long? expected)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        Assert.True(reader.Read());
        Assert.Equal(expected, ItemTime.ReadOfLog(ref reader, Now));
    }

    [Theory]
    [InlineData(1767323045000, "2026-01-02T03:04:05.0000000+00:00")]
    [InlineData(1767323045000000, "1767323045000000 ms from 1970")]
    [InlineData(253402300800000, "253402300800000 ms from 1970")]
    [InlineData(-62135596800001, "-62135596800001 ms from 1970")]
    [InlineData(-62135596800000, "0001-01-01T00:00:00.0000000+00:00")]
    [InlineData(long.MaxValue, "9223372036854775807 ms from 1970")]
    [InlineData(long.MinValue, "-9223372036854775808 ms from 1970")]
    public void ATimeWithoutADateIsShownAsTheNumberThatItIs(long milliseconds, string text)
    {
        Assert.Equal(text, ItemTime.Describe(milliseconds));
        Assert.Equal(text.Contains('T'), ItemTime.DateOf(milliseconds) is not null);
    }

    [Theory]
    [InlineData(1767323045.25, 1767323045250)]
    [InlineData(1e300, long.MaxValue)]
    [InlineData(-1e300, long.MinValue)]
    [InlineData(double.NaN, 0)]
    public void SecondsFarOutStayFarOut(double seconds, long milliseconds) =>
        Assert.Equal(milliseconds, ItemTime.FromSeconds(seconds));

    [Fact]
    public void NoTextThrows()
    {
        var random = new Random(20261130);
        const string Letters = "0123456789-:T Z+.,JanFeb\u2212";
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([
                .. Enumerable.Range(0, random.Next(30)).Select(_ => Letters[random.Next(Letters.Length)]),
            ]);
            var reader = new Utf8JsonReader(JsonSerializer.SerializeToUtf8Bytes(text));
            reader.Read();
            _ = ItemTime.ReadOfLog(ref reader, Now);
        }
    }
}
