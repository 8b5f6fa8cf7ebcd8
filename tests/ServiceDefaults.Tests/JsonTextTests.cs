using System.Text;
using System.Text.Json;

namespace Partner.ServiceDefaults.Tests;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData(@"""\ud83d""", @"""\ufffd""")]
    [InlineData(@"""\uDE00""", @"""\ufffd""")]
    [InlineData(@"""\ud83d\ude00""", @"""\ud83d\ude00""")]
    [InlineData(@"""\ud83d\ud83d\ude00""", @"""\ufffd\ud83d\ude00""")]
    [InlineData(@"""\ude00\ud83d""", @"""\ufffd\ufffd""")]
    [InlineData(@"""\ud83dx\ude00""", @"""\ufffdx\ufffd""")]
    [InlineData(@"""\ud83d\n""", @"""\ufffd\n""")]
    [InlineData(@"""\\ud83d""", @"""\\ud83d""")]
    [InlineData(@"""\\\ud83d""", @"""\\\ufffd""")]
    [InlineData(@"{""\ud83d"":""\u0041""}", @"{""\ufffd"":""\u0041""}")]
    [InlineData(@"""\ud83", @"""\ud83")]
    [InlineData(@"""\u+83d""", @"""\u+83d""")]
    [InlineData(@"\", @"\")]
    [InlineData("", "")]
    public void HalfAPairIsTheReplacementCharacter(string json, string readable) =>
        Assert.Equal(readable, Encoding.UTF8.GetString(JsonText.Readable(Encoding.UTF8.GetBytes(json))));

    [Theory]
    [InlineData(new byte[] { 0x22, 0xff, 0x22 }, "\ufffd")]
    [InlineData(new byte[] { 0x22, 0xed, 0xa0, 0xbd, 0x22 }, "\ufffd\ufffd\ufffd")]
    [InlineData(new byte[] { 0x22, 0xc3, 0x22 }, "\ufffd")]
    [InlineData(new byte[] { 0xef, 0xbb, 0xbf, 0x22, 0x61, 0x22 }, "a")]
    public void BytesThatAreNoUtf8AreToo(byte[] json, string text) =>
        Assert.Equal(text, JsonSerializer.Deserialize<string>(JsonText.Readable(json)));

    [Fact]
    public void WhatIsReadableIsNotCopiedAndTheOriginalStays()
    {
        var plain = @"{""a"":""\u00fc""}"u8.ToArray();
        Assert.Same(plain, JsonText.Readable(plain));

        var odd = Encoding.UTF8.GetBytes(@"""\ud83d""");
        JsonText.Readable(odd);
        Assert.Equal(@"""\ud83d""", Encoding.UTF8.GetString(odd));
    }

    /// <summary>Any text of escapes: read as the runtime reads strings with replacement.</summary>
    [Fact]
    public void AnyMixOfEscapesCanBeRead()
    {
        var random = new Random(20260101);
        string[] parts =
        [
            @"\ud83d",
            @"\ude00",
            @"\uD800",
            @"\uDFFF",
            @"\\",
            @"\""",
            @"\u0041",
            "x",
            "ü",
            @"\n",
            @"\ud83d\ude00",
        ];
        for (var round = 0; round < 20_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => parts[random.Next(parts.Length)]));
            var json = $$"""{"{{text}}":"{{text}}"}""";
            var member = JsonSerializer
                .Deserialize<JsonElement>(JsonText.Readable(Encoding.UTF8.GetBytes(json)))
                .EnumerateObject()
                .Single();

            Assert.Equal(member.Name, member.Value.GetString());
            Assert.DoesNotContain(
                member.Name.Select((c, i) => (c, i)),
                x => char.IsSurrogate(x.c) && !IsWhole(member.Name, x.i)
            );
        }
    }

    private static bool IsWhole(string text, int at) =>
        char.IsHighSurrogate(text[at])
            ? at + 1 < text.Length && char.IsLowSurrogate(text[at + 1])
            : at > 0 && char.IsHighSurrogate(text[at - 1]);

    [Theory]
    [InlineData(@"{""a"":""x\u0000""}", "a")]
    [InlineData(@"{""a"":{""b"":[1,{""c"":""\u0000""}]}}", "a.b.c")]
    [InlineData(@"{""x"":{""y"":1},""a"":[""\u0000""]}", "a")]
    [InlineData(@"{""a\u0000"":1}", "")]
    [InlineData(@"{""o"":{""a\u0000"":1}}", "o")]
    [InlineData(@"[""\u0000""]", "")]
    [InlineData(@"""\u0000""", "")]
    [InlineData(@"{""a"":""\\u0000""}", null)]
    [InlineData(@"{""a"":""\\\u0000""}", "a")]
    [InlineData(@"{""a"":""x""}", null)]
    [InlineData(@"{""a"":""\u0001""}", null)]
    public void TheMemberWithNulIsNamed(string json, string? field) =>
        Assert.Equal(field, JsonText.FieldWithNul(Encoding.UTF8.GetBytes(json)));
}
