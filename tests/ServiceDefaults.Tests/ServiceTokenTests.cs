using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Partner.Testing;

namespace Partner.ServiceDefaults.Tests;

[Trait("security", "44")]
public sealed class ServiceTokenTests : IAsyncLifetime
{
    private readonly ServiceHost _host = new();

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task AGoodTokenSaysWhoCallsAndWhy()
    {
        var claims = new ServiceClaims(Connection: "con_1", Strict: true, Actor: "main", Role: "manage");

        var (status, body, _) = await _host.SendAsync("/read", _host.Caller.TokenFor("callee", claims));

        Assert.Equal(200, status);
        Assert.Equal(
            new ServiceCaller("caller", claims),
            JsonSerializer.Deserialize<ServiceCaller>(body, JsonSerializerOptions.Web)
        );
    }

    [Theory]
    [InlineData("/read")]
    [InlineData("/write")]
    [InlineData("/forgotten")]
    public async Task WithoutATokenNobodyIsAnswered(string path) => Assert.Equal(401, await StatusAsync(path, null));

    [Theory]
    [InlineData("read", 200)]
    [InlineData("write", 403)]
    [InlineData("nothing", 403)]
    public async Task ATokenForOnePermissionOpensNoOther(string only, int status) =>
        Assert.Equal(
            status,
            await StatusAsync("/read", _host.Caller.TokenFor("callee", new ServiceClaims(Only: only)))
        );

    /// <summary>The one line that says why everything is 401: once a minute, and never at a stranger's word.</summary>
    [Theory]
    [InlineData(-90, "about 90 s behind this host's")]
    [InlineData(45, "about 45 s ahead of this host's")]
    public async Task WhoseClockIsOffIsSaidSeldom(int seconds, string words)
    {
        var clock = new ManualTimeProvider(_host.Time.GetUtcNow().AddSeconds(seconds));
        using var strangers = new ServiceIdentity("caller", clock);
        Assert.Equal(401, await StatusAsync("/read", strangers.TokenFor("callee")));
        Assert.DoesNotContain(_host.Logs.Messages, line => line.Contains("clock"));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(401, await StatusAsync("/read", _host.Caller.TokenAt(clock, "callee")));
        }

        Assert.Contains(words, Assert.Single(_host.Logs.Messages, line => line.Contains("clock")));

        _host.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(
            401,
            await StatusAsync(
                "/read",
                _host.Caller.TokenAt(new ManualTimeProvider(_host.Time.GetUtcNow().AddSeconds(seconds)), "callee")
            )
        );
        Assert.Equal(2, _host.Logs.Messages.Count(line => line.Contains("clock")));
    }

    [Fact]
    public async Task APermissionThatTheCallerHasNotIs403() =>
        Assert.Equal(403, await StatusAsync("/write", _host.Caller.TokenFor("callee")));

    [Fact]
    public async Task AnEndpointThatNamesNoCallerAnswersNobody() =>
        Assert.Equal(403, await StatusAsync("/forgotten", _host.Caller.TokenFor("callee")));

    [Fact]
    public async Task ATokenForAnotherServiceIsRefused() =>
        Assert.Equal(401, await StatusAsync("/read", _host.Caller.TokenFor("another")));

    [Fact]
    public async Task AnUnknownIssuerIsRefused()
    {
        using var stranger = new ServiceIdentity("stranger", _host.Time);

        Assert.Equal(401, await StatusAsync("/read", stranger.TokenFor("callee")));
    }

    [Fact]
    public async Task AnIssuersNameUnderAnotherKeyIsRefused()
    {
        using var impostor = new ServiceIdentity("caller", _host.Time);

        Assert.Equal(401, await StatusAsync("/read", impostor.TokenFor("callee")));
    }

    [Fact]
    public async Task ATokenDiesAfterItsMinuteAndTheSkew()
    {
        var token = _host.Caller.TokenFor("callee");

        _host.Time.Advance(TimeSpan.FromSeconds(69));
        Assert.Equal(200, await StatusAsync("/read", token));
        _host.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(401, await StatusAsync("/read", token));
    }

    [Fact]
    public async Task ATokenFromTheFutureIsRefused() =>
        Assert.Equal(
            401,
            await StatusAsync("/read", Sign(from: TimeSpan.FromSeconds(30), life: TimeSpan.FromSeconds(60)))
        );

    [Fact]
    public async Task ALongerLifeThanAllowedIsRefused()
    {
        Assert.Equal(200, await StatusAsync("/read", Sign(TimeSpan.Zero, TimeSpan.FromSeconds(60))));
        Assert.Equal(401, await StatusAsync("/read", Sign(TimeSpan.Zero, TimeSpan.FromSeconds(61))));
        Assert.Equal(401, await StatusAsync("/read", Sign(TimeSpan.FromDays(-1), TimeSpan.FromDays(2))));
    }

    [Fact]
    public async Task AnUnsignedTokenIsRefused()
    {
        var parts = _host.Caller.TokenFor("callee").Split('.');
        var none = Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""");

        Assert.Equal(401, await StatusAsync("/read", $"{none}.{parts[1]}."));
        Assert.Equal(401, await StatusAsync("/read", $"{none}.{parts[1]}.{parts[2]}"));
        Assert.Equal(401, await StatusAsync("/read", $"{parts[0]}.{parts[1]}."));
    }

    [Fact]
    public async Task ThePublicKeyIsNoSharedSecret()
    {
        var parts = _host.Caller.TokenFor("callee").Split('.');
        var signed = $"{Base64UrlEncoder.Encode("""{"alg":"HS256","typ":"JWT"}""")}.{parts[1]}";
        var mac = HMACSHA256.HashData(
            Convert.FromBase64String(_host.Caller.PublicKey),
            Encoding.ASCII.GetBytes(signed)
        );

        Assert.Equal(401, await StatusAsync("/read", $"{signed}.{Base64UrlEncoder.Encode(mac)}"));
    }

    [Fact]
    public async Task ChangedClaimsBreakTheSignature()
    {
        var parts = _host.Caller.TokenFor("callee", new ServiceClaims(Connection: "con_1")).Split('.');
        var forged = Base64UrlEncoder.Encode(Base64UrlEncoder.Decode(parts[1]).Replace("con_1", "con_2"));

        Assert.Equal(401, await StatusAsync("/read", $"{parts[0]}.{forged}.{parts[2]}"));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("a.b.c")]
    [InlineData("....")]
    [InlineData("e30.e30.e30")] // {}
    [InlineData("W10.W10.W10")] // []
    [InlineData("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOjd9.AA")] // {"iss":7}
    [InlineData("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJjYWxsZXIifQ.AA")] // {"iss":"caller"}
    public async Task WhatIsNoTokenIsRefused(string token) => Assert.Equal(401, await StatusAsync("/read", token));

    [Fact]
    public void ATokenIsSignedAnewAfterHalfItsLife()
    {
        var first = _host.Caller.TokenFor("callee");
        _host.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(first, _host.Caller.TokenFor("callee"));
        Assert.NotEqual(first, _host.Caller.TokenFor("another"));
        Assert.NotEqual(first, _host.Caller.TokenFor("callee", new ServiceClaims(Connection: "con_1")));
        _host.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.NotEqual(first, _host.Caller.TokenFor("callee"));
    }

    private async Task<int> StatusAsync(string path, string? token) => (await _host.SendAsync(path, token)).Status;

    // A token of the caller's own key with times of the test's.
    private string Sign(TimeSpan from, TimeSpan life)
    {
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Convert.FromBase64String(_host.Caller.PrivateKey), out _);
        var start = _host.Time.GetUtcNow().UtcDateTime + from;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = "caller",
                Audience = "callee",
                IssuedAt = start,
                NotBefore = start,
                Expires = start + life,
                SigningCredentials = new SigningCredentials(
                    new ECDsaSecurityKey(key)
                    {
                        CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
                    },
                    SecurityAlgorithms.EcdsaSha256
                ),
            }
        );
    }
}
