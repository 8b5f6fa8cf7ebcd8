using System.Diagnostics;

namespace Partner.ServiceDefaults.Tests;

[Trait("security", "29")]
public sealed class ClientTextTests
{
    [Theory]
    [InlineData("/api/v2/logs", "/api/v2/logs")]
    [InlineData("/api/v1/distribution_points", "/api/v1/distribution_points")]
    [InlineData("/v1/input/0123456789abcdef0123456789abcdef", "/v1/input/***")]
    [InlineData("/api/v9/0123456789abcdef0123456789abcdef/x", "/api/v9/***/x")]
    [InlineData("http://auth/partner/v1/YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo%3D?*", "http://auth/partner/v1/***?*")]
    [InlineData(
        "/partner/v1/connections/con_0123456789abcdef0123456789abcdef",
        "/partner/v1/connections/con_0123456789abcdef0123456789abcdef"
    )]
    [InlineData("/x/con_0123456789abcdef0123456789abcdef0", "/x/***")]
    // A credential that somebody chose may have letters alone.
    [InlineData("/partner/v1/correct-horse-battery-staple", "/partner/v1/***")]
    [InlineData("datadog-agent/7.70.0", "datadog-agent/7.70.0")]
    public void WhatLooksLikeASecretIsMasked(string text, string masked) => Assert.Equal(masked, ClientText.Mask(text));

    [Fact]
    public void ASpanKeepsNoQueryAndNoLongWord()
    {
        const string Key = "0123456789abcdef0123456789abcdef";
        using var span = new Activity("request")
            .SetTag("url.path", $"/v1/input/{Key}")
            .SetTag("url.query", $"?api_key={Key}")
            .SetTag("url.full", $"https://logs/v1/input/{Key}")
            .SetTag("user_agent.original", $"agent/1.0 {Key}")
            .SetTag("http.route", "/v1/input/{key}");
        using var processor = new ClientText();
        processor.OnEnd(span);

        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["url.path"] = "/v1/input/***",
                ["url.full"] = "https://logs/v1/input/***",
                ["user_agent.original"] = "agent/1.0 ***",
                ["http.route"] = "/v1/input/{key}",
            },
            span.TagObjects.ToDictionary()
        );
    }
}
