using Partner.Sending.Delivery;

namespace Partner.Sending.Tests;

public class AnswerTextTests
{
    [Theory]
    [InlineData(
        """{"errors":["API key 0123456789abcdef0123456789abcdef is invalid"]}""",
        """{"errors":["API key *** is invalid"]}"""
    )]
    [InlineData("Bearer iI1_xk-Wq4Zt0bLhR9pQ2sVnY7uCeAoDmGjKfT3vXw8, sorry", "Bearer ***, sorry")]
    [InlineData(
        "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg==",
        "***.***.***"
    )]
    [InlineData("c2VjcmV0L3NlY3JldCtzZWNyZXQvc2VjcmV0", "***")]
    // What Datadog repeats is not ours because it begins as our ids do.
    [InlineData("no such key: con_0123456789abcdef0123456789abcdef", "no such key: ***")]
    public void WhatLooksLikeACredentialIsMasked(string text, string expected) =>
        Assert.Equal(expected, AnswerText.Masked(text, isCut: false));

    [Theory]
    [InlineData("""{"errors":["Payload is too big: 5242881 bytes, the limit is 5242880"]}""")]
    [InlineData("the metric some_very_long_name_of_a_metric.without.any_digits_in_its_words is unknown")]
    [InlineData("field 'date_happened' of event 12 is 2026-11-22T09:00:00Z")]
    public void WhatIsWrongStaysReadable(string text) => Assert.Equal(text, AnswerText.Masked(text, isCut: false));

    [Fact]
    public void WhatTheDatabaseCannotKeepIsReplaced() =>
        Assert.Equal("not JSON", AnswerText.Masked("not\0JSON", isCut: false));

    [Fact]
    public void OfACutTextTheLastWordIsMasked() =>
        Assert.Equal("no such key: ***", AnswerText.Masked("no such key: 0123456789ab", isCut: true));
}
