using System.Text;
using System.Text.Json;
using Partner.ServiceDefaults;

namespace Partner.Sending.Tests;

public sealed class JsonStringsTests
{
    private static readonly string[] Pieces =
    [
        "a",
        "\"",
        "\\",
        "\n",
        "\u00fc",
        "\u20ac",
        "\U0001F600",
        "/",
        "\u0001",
        "\udbff\udfff",
    ];

    [Fact]
    public void CharactersAreCountedAsInTheStringItself()
    {
        var random = new Random(20261122);
        for (var i = 0; i < 5_000; i++)
        {
            var text = string.Concat(
                Enumerable.Range(0, random.Next(20)).Select(_ => Pieces[random.Next(Pieces.Length)])
            );
            var expected = text.EnumerateRunes().Count();
            // Some escaped as little as may be, some as much.
            var encoder = i % 2 == 0 ? System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping : null;
            var json = JsonSerializer.Serialize(text, new JsonSerializerOptions { Encoder = encoder });
            Assert.Equal(expected, JsonStrings.CharactersOf(Encoding.UTF8.GetBytes(json)[1..^1]));
            Assert.Equal(
                expected,
                JsonStrings.CharactersOf(
                    Encoding.UTF8.GetBytes(json.Replace("\\uD", "\\ud", StringComparison.Ordinal))[1..^1]
                )
            );
            Assert.Equal(expected, JsonStrings.CharactersOfUtf8(Encoding.UTF8.GetBytes(text)));
            Assert.Equal(text, JsonStrings.Decode(Encoding.UTF8.GetBytes(json)[1..^1]));
            Assert.Equal(json, Encoding.UTF8.GetString(JsonText.Readable(Encoding.UTF8.GetBytes(json))));
        }
    }

    // Left as it is written, right what is read.
    [Theory]
    [InlineData(@"cut \ud83d", "cut \ufffd")]
    [InlineData(@"cut \\ud83d", @"cut \ud83d")]
    [InlineData(@"\ud83d\ude00 \ud83d", "\U0001F600 \ufffd")]
    [InlineData(@"\ude00", "\ufffd")]
    [InlineData(@"\ude00\ud83d", "\ufffd\ufffd")]
    [InlineData(@"\ud83d\ud83d\ude00", "\ufffd\U0001F600")]
    [InlineData(@"\uD83D\u0041", "\ufffdA")]
    [InlineData(@"\ud83dA\n", "\ufffdA\n")]
    [InlineData(@"\ud83d\n", "\ufffd\n")]
    [InlineData(@"a\u0000b", "a\0b")]
    public void HalfAPairIsOneReplacementCharacterAndNothingElseIsLost(string written, string read)
    {
        var json = Encoding.UTF8.GetBytes($"\"{written}\"");
        var reader = new Utf8JsonReader(json);
        Assert.True(reader.Read());
        Assert.Equal(read, JsonStrings.Read(ref reader));
        Assert.True(JsonStrings.Is(ref reader, Encoding.UTF8.GetBytes(read)));
        Assert.False(JsonStrings.Is(ref reader, Encoding.UTF8.GetBytes(read + "x")));
        Assert.Equal(read.EnumerateRunes().Count(), JsonStrings.CharactersOf(json.AsSpan()[1..^1]));
        Assert.Equal(read, JsonSerializer.Deserialize<string>(JsonText.Readable(json)));
    }

    [Fact]
    public void BytesThatAreNoUtf8AreReplacedTooAndNeverThrow()
    {
        byte[] json = [(byte)'"', (byte)'a', 0xFF, 0xC3, (byte)'"'];
        var reader = new Utf8JsonReader(json);
        Assert.True(reader.Read());
        Assert.Equal("a\ufffd\ufffd", JsonStrings.Read(ref reader));
        Assert.False(JsonStrings.Is(ref reader, "a"u8));
        Assert.Equal("a\ufffd\ufffd", JsonSerializer.Deserialize<string>(JsonText.Readable(json)));
    }

    [Fact]
    public void ANameIsFoundHoweverItIsEscaped()
    {
        var reader = new Utf8JsonReader("""{"\u0074imest\u0061mp":1}"""u8);
        Assert.True(reader.Read() && reader.Read());
        Assert.True(JsonStrings.Is(ref reader, "timestamp"u8));
        Assert.False(JsonStrings.Is(ref reader, "timestam"u8));
        Assert.False(JsonStrings.Is(ref reader, "t"u8));
    }
}
