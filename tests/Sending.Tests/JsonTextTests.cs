using System.Text;
using System.Text.Json;

namespace Partner.Sending.Tests;

public sealed class JsonTextTests
{
    private static readonly string[] Pieces = ["a", "\"", "\\", "\n", "\u00fc", "\u20ac", "\U0001F600", "/", "\u0001", "\udbff\udfff"];

    [Fact]
    public void CharactersAreCountedAsInTheStringItself()
    {
        var random = new Random(20261122);
        for (var i = 0; i < 5_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => Pieces[random.Next(Pieces.Length)]));
            var expected = text.EnumerateRunes().Count();
            // Some escaped as little as may be, some as much.
            var encoder = i % 2 == 0 ? System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping : null;
            var json = JsonSerializer.Serialize(text, new JsonSerializerOptions { Encoder = encoder });
            Assert.Equal(expected, JsonText.CharactersOf(Encoding.UTF8.GetBytes(json)[1..^1]));
            Assert.Equal(expected, JsonText.CharactersOf(Encoding.UTF8.GetBytes(json.Replace("\\uD", "\\ud", StringComparison.Ordinal))[1..^1]));
            Assert.Equal(expected, JsonText.CharactersOfUtf8(Encoding.UTF8.GetBytes(text)));
        }
    }
}
