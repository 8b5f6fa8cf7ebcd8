using Partner.Gateway.Browser;

namespace Partner.Gateway.Tests.Browser;

public sealed class ForwardParameterTests
{
    [Theory]
    [InlineData(
        "?ddforward=%2Fapi%2Fv2%2Flogs%3Fddsource%3Dbrowser%26dd-api-key%3Dpub1",
        "?ddsource=browser&dd-api-key=pub1"
    )]
    [InlineData("?ddforward=/api/v2/logs?a=b%2520c%2526", "?a=b%20c%26")]
    [InlineData("?ddforward=%2Fapi%2Fv2%2Flogs", "")]
    [InlineData("?x=1&DDForward=%2Fapi%2Fv2%2Flogs%3Fa%3Db&dd-api-key=other&ddforwardSubdomain=evil", "?a=b")]
    public void ItIsThePathAndQueryOfTheRequest(string query, string expected) =>
        Assert.Equal(("/browser/api/v2/logs", expected), ForwardParameter.Read(query));

    [Theory]
    [InlineData("?a=b")]
    [InlineData("?ddforward")]
    [InlineData("?ddforward=")]
    [InlineData("?ddforward=https%3A%2F%2Fevil.example%2Fapi%2Fv2%2Flogs")]
    [InlineData("?ddforward=%2F%2Fevil.example%2Fapi%2Fv2%2Flogs")]
    [InlineData("?ddforward=api%2Fv2%2Flogs")]
    [InlineData("?ddforward=%2Fapi%2Fv2%2F..%2Fv1%2Fvalidate")]
    [InlineData("?ddforward=%2Fapi%2Fv2%2Flogs%2Fmore")]
    [InlineData("?ddforward=%2Fapi%2Fv2%2Flogs%252Fmore")]
    [InlineData("?ddforward=%2Fpartner%2Fv1%2Ftenants")]
    [InlineData("?ddforward=%2Fapi%2Fv2%2Flogs%3Fa%3D%0D%0AX-Tenant-Id%3A1")]
    [InlineData("?ddforward=%2Fapi%2Fv2%2Flogs%0A")]
    [InlineData("?ddforward=%2Fapi%2Fv2%2Flogs%3Fa%3Db%23c")]
    [InlineData("?ddforward=%2Fapi%2Fv2%2Flogs%3Fa%3D%C3%A9")]
    [InlineData("?ddforward=%2Fapi%2Fv2%2Flogs&ddforward=%2Fapi%2Fv2%2Flogs")]
    public void AnythingElseIsNone(string query) => Assert.Null(ForwardParameter.Read(query));
}
