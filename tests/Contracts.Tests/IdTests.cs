using System.Text.Json;

namespace Partner.Contracts.Tests;

public sealed class IdTests
{
    private const string Digits = "0123456789abcdef0123456789abcdef";

    [Fact]
    public void AnIdIsItsPrefixAndThirtyTwoDigits()
    {
        Assert.Matches("^ten_[0-9a-f]{32}$", TenantId.New().Text);
        Assert.Matches("^con_[0-9a-f]{32}$", ConnectionId.New().Text);
        Assert.Matches("^own_[0-9a-f]{32}$", OwnerId.New().Text);
        Assert.NotEqual(ConnectionId.New(), ConnectionId.New());
    }

    [Fact]
    public void AnIdReadsAsItWasWritten()
    {
        var id = ConnectionId.New();

        Assert.Equal(id, ConnectionId.Parse(id.Text));
        Assert.Equal(id.Text, id.ToString());
        Assert.Equal($"\"{id.Text}\"", JsonSerializer.Serialize(id));
        Assert.Equal(id, JsonSerializer.Deserialize<ConnectionId>($"\"{id.Text}\""));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("con_")]
    [InlineData(Digits)]
    [InlineData("ten_" + Digits)]
    [InlineData("CON_" + Digits)]
    [InlineData("con_" + Digits + "0")]
    [InlineData("con_0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("con_0123456789abcdef0123456789abcde\n")]
    [InlineData("con_0123456789abcdef0123456789abcde;")]
    public void WhatIsNoConnectionIdIsRefused(string? text)
    {
        Assert.False(ConnectionId.TryParse(text, null, out _));
        Assert.Throws<FormatException>(() => ConnectionId.Parse(text!));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ConnectionId>(JsonSerializer.Serialize(text)));
    }
}
