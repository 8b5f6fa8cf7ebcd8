using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Partner.Auth.Datadog;
using Partner.Contracts;
using Partner.Egress;
using Partner.ServiceDefaults;

namespace Partner.Auth.Tests;

/// <summary>Answers of Datadog with text that a JSON reader throws over, in places that nobody asked for.</summary>
public sealed class OddAnswerTests
{
    private static readonly DatadogSite Site = SiteRegistry.BuiltIn().Sites[0];

    [Theory]
    [InlineData(
        @"{""data"":{""\ud83d"":1,""id"":""key-1"",""attributes"":{""\udfff"":2,""name"":""\ud83d"",""key"":""the-key""}}}"
    )]
    [InlineData(
        @"{""\udc00"":[],""data"":{""id"":""key-1"",""attributes"":{""key"":""the-key"",""\ud83d"":""\ud83d""}}}"
    )]
    [InlineData("{\"data\":{\"\u00ff\":1,\"id\":\"key-1\",\"attributes\":{\"key\":\"the-key\",\"name\":\"\u00ff\"}}}")]
    public async Task AKeyThatIsShownOnceIsNotLostForThem(string body)
    {
        var answer = Assert.IsType<MintAnswer.Minted>(
            await Account(HttpStatusCode.Created, body).MintAsync(Site, new Secret("t"), CancellationToken.None)
        );

        Assert.Equal(("key-1", "the-key"), (answer.KeyId, answer.Key.Reveal()));
    }

    [Theory]
    [InlineData("application/json; charset=nonsense")]
    [InlineData("application/json; charset=\"\"")]
    [InlineData("nonsense")]
    public async Task WhatTheHeadersSayOfTheEncodingDoesNotMatter(string type)
    {
        const string Org = "5a1c3f2e-0000-4000-8000-00000000abcd";
        var body = $$"""{"data":{"relationships":{"\ud83d":{},"org":{"data":{"id":"{{Org}}"} } } } }""";

        Assert.Equal(
            new OrgAnswer.Known(Org),
            await Account(HttpStatusCode.OK, body, type).WhoAmIAsync(Site, new Secret("t"), CancellationToken.None)
        );
    }

    [Theory]
    [InlineData(@"{""error"":""invalid_grant"",""error_description"":""\ud83d""}", "invalid_grant")]
    [InlineData(@"{""\ud83d"":1,""errors"":[""invalid_grant - \udc00""]}", "invalid_grant")]
    [InlineData(@"{""error"":""\ud83d""}", null)]
    public void AnErrorsCodeIsRead(string body, string? code) =>
        Assert.Equal(code, OAuthErrors.CodeOf(JsonText.Readable(Encoding.UTF8.GetBytes(body))));

    private static DatadogAccountClient Account(HttpStatusCode status, string body, string? type = null) =>
        new(
            new HttpClient(new Fixed(status, Encoding.Latin1.GetBytes(body), type)),
            NullLogger<DatadogAccountClient>.Instance
        );

    private sealed class Fixed(HttpStatusCode status, byte[] body, string? type) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            var response = new HttpResponseMessage(status) { Content = new ByteArrayContent(body) };
            response.Content.Headers.TryAddWithoutValidation("Content-Type", type ?? "application/json");
            return Task.FromResult(response);
        }
    }
}
