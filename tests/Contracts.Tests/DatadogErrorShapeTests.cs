using System.Text;

namespace Partner.Contracts.Tests;

public sealed class DatadogErrorShapeTests
{
    /// <summary>The bytes of each shape, from an empty text to one that JSON escapes.</summary>
    [Theory]
    [InlineData(DatadogErrorShape.Texts, 403, "Forbidden", """{"errors":["Forbidden"]}""")]
    [InlineData(DatadogErrorShape.Texts, 400, "", """{"errors":[""]}""")]
    [InlineData(
        DatadogErrorShape.Texts,
        400,
        "a \"b\" <c> 'd' \\ \n é €",
        """{"errors":["a \u0022b\u0022 \u003Cc\u003E \u0027d\u0027 \\ \n \u00E9 \u20AC"]}"""
    )]
    [InlineData(
        DatadogErrorShape.Detailed,
        403,
        "Forbidden",
        """{"errors":[{"status":"403","title":"Forbidden","detail":"Forbidden"}]}"""
    )]
    [InlineData(
        DatadogErrorShape.Detailed,
        413,
        "It's too large",
        """{"errors":[{"status":"413","title":"Payload Too Large","detail":"It\u0027s too large"}]}"""
    )]
    [InlineData(DatadogErrorShape.Detailed, 599, "", """{"errors":[{"status":"599","title":"","detail":""}]}""")]
    [InlineData(DatadogErrorShape.CodeAndMessage, 403, "Forbidden", """{"code":403,"message":"Forbidden"}""")]
    [InlineData(DatadogErrorShape.CodeAndMessage, 429, "a\tb", """{"code":429,"message":"a\tb"}""")]
    public void EachShapeHasItsBytes(DatadogErrorShape shape, int status, string text, string body) =>
        Assert.Equal(Encoding.UTF8.GetBytes(body), shape.Body(status, text));

    [Fact]
    public void EveryShapeIsPinned() =>
        Assert.Equal(["Texts", "Detailed", "CodeAndMessage"], Enum.GetNames<DatadogErrorShape>());
}
