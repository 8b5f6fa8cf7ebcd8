using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Partner.ServiceDefaults;

/// <summary>
/// Every internal call carries a 60-second ES256 token: issuer = caller, audience = callee. A callee holds the public
/// keys of its callers, two of one whose pair is being changed, and their permissions. Deny is the default (security 44).
/// Own code beside JwtBearer, which has one set of rules for all issuers.
/// </summary>
public static class ServiceTokens
{
    private const string Scheme = "ServiceToken";

    internal static void AddServiceTokens(this IHostApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<ServiceTokenOptions>(ServiceTokenOptions.SectionName);
        builder.Services.AddSingleton<ServiceTokenVerifier>();
        builder.Services.AddSingleton(services => new ServiceTokenIssuer(
            services.GetRequiredService<IOptions<ServiceTokenOptions>>(),
            services.GetRequiredService<TimeProvider>()
        ));
        builder.Services.AddAuthentication(Scheme).AddScheme<AuthenticationSchemeOptions, Handler>(Scheme, null);
        builder.Services.AddSingleton<IAuthorizationMiddlewareResultHandler, UnmatchedPasses>();
        builder
            .Services.AddAuthorizationBuilder()
            .SetFallbackPolicy(
                new AuthorizationPolicyBuilder(Scheme).RequireAuthenticatedUser().RequireAssertion(_ => false).Build()
            );
    }

    /// <summary>
    /// Only callers that configuration gives <paramref name="permission"/> may use these endpoints. An endpoint without
    /// this or AllowAnonymous answers no caller.
    /// </summary>
    public static TBuilder RequireCaller<TBuilder>(this TBuilder endpoints, string permission)
        where TBuilder : IEndpointConventionBuilder =>
        endpoints.RequireAuthorization(
            new AuthorizationPolicyBuilder(Scheme)
                .RequireAuthenticatedUser()
                .RequireClaim(ServiceTokenVerifier.PermissionClaim, permission)
                .Build()
        );

    /// <summary>The caller; only on endpoints with <see cref="RequireCaller"/>.</summary>
    public static ServiceCaller Caller(this HttpContext context) =>
        context.Features.Get<ServiceCaller>()
        ?? throw new InvalidOperationException("The endpoint does not require a caller.");

    /// <summary>The actor of a call of the partner API, as audit trails and logs name it.</summary>
    public static string Actor(this HttpContext context) => $"partner:{context.Caller().Claims.Actor}";

    // The fallback policy would answer 403 for what no endpoint matches; that is routing's 404, 405 or 415 to tell.
    // Every endpoint that someone mapped is a RouteEndpoint.
    private sealed class UnmatchedPasses : IAuthorizationMiddlewareResultHandler
    {
        private readonly AuthorizationMiddlewareResultHandler _default = new();

        public Task HandleAsync(
            RequestDelegate next,
            HttpContext context,
            AuthorizationPolicy policy,
            PolicyAuthorizationResult authorizeResult
        ) =>
            context.GetEndpoint() is RouteEndpoint
                ? _default.HandleAsync(next, context, policy, authorizeResult)
                : next(context);
    }

    private sealed class Handler(
        IOptionsMonitor<AuthenticationSchemeOptions> options,
        ILoggerFactory logger,
        UrlEncoder encoder,
        ServiceTokenVerifier verifier
    ) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var header = Request.Headers.Authorization.ToString();
            if (!header.StartsWith("Bearer ", StringComparison.Ordinal))
            {
                return AuthenticateResult.NoResult();
            }

            var (caller, permissions) = await verifier.VerifyAsync(header["Bearer ".Length..]);
            if (caller is null)
            {
                return AuthenticateResult.Fail("Not a service token for this service.");
            }

            Context.Features.Set(caller);
            var claims = permissions
                .Select(p => new Claim(ServiceTokenVerifier.PermissionClaim, p))
                .Prepend(new Claim(ClaimTypes.Role, caller.Claims.Role ?? ""))
                .Prepend(new Claim(ClaimTypes.Name, caller.Service));
            return AuthenticateResult.Success(
                new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(claims, Scheme.Name)), Scheme.Name)
            );
        }
    }
}

/// <summary>Verifies a token against the configured callers.</summary>
internal sealed partial class ServiceTokenVerifier : IDisposable
{
    public const string PermissionClaim = "permission";

    private static readonly TimeSpan BetweenWords = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _told = [];
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly Dictionary<
        string,
        (ECDsa[] Keys, TokenValidationParameters Rules, string[] Permissions)
    > _callers = [];

    public ServiceTokenVerifier(
        IOptions<ServiceTokenOptions> options,
        TimeProvider time,
        ILogger<ServiceTokenVerifier> logger
    )
    {
        (_time, _logger) = (time, logger);
        foreach (var (name, caller) in options.Value.Callers)
        {
            var keys = caller.PublicKeys().Select(Import).ToArray();
            _callers[name] = (keys, Rules(name, options.Value, keys, time), caller.Permissions);
        }
    }

    public async Task<(ServiceCaller? Caller, string[] Permissions)> VerifyAsync(string token)
    {
        if (IssuerOf(token) is not { } issuer || !_callers.TryGetValue(issuer, out var expected))
        {
            return (null, []);
        }

        var result = await _handler.ValidateTokenAsync(token, expected.Rules);
        if (!result.IsValid)
        {
            // The signature was good: only a known caller can make this line appear.
            if (result.Exception is SecurityTokenInvalidLifetimeException)
            {
                TellOfClocks(issuer, _handler.ReadJsonWebToken(token).IssuedAt);
            }

            return (null, []);
        }

        var claims = (JsonWebToken)result.SecurityToken;
        var only = Text(claims, "only");
        return (
            new ServiceCaller(
                claims.Issuer,
                new ServiceClaims(
                    Text(claims, "connection"),
                    claims.TryGetPayloadValue<bool>("strict", out var strict) && strict,
                    Text(claims, "actor"),
                    Text(claims, "role")
                )
            ),
            only is null ? expected.Permissions : [.. expected.Permissions.Where(permission => permission == only)]
        );
    }

    public void Dispose()
    {
        foreach (var key in _callers.Values.SelectMany(caller => caller.Keys))
        {
            key.Dispose();
        }
    }

    // A token is used for half a minute at most after it was made; any difference beyond that is one of the clocks.
    private void TellOfClocks(string issuer, DateTime issuedAt)
    {
        var now = _time.GetUtcNow();
        if (
            _told.TryGetValue(issuer, out var told)
                ? now - told < BetweenWords || !_told.TryUpdate(issuer, now, told)
                : !_told.TryAdd(issuer, now)
        )
        {
            return;
        }

        var ahead = issuedAt - now.UtcDateTime;
        Log.ClocksDiffer(
            _logger,
            issuer,
            Math.Round(Math.Abs(ahead.TotalSeconds)),
            ahead > TimeSpan.Zero ? "ahead of" : "behind"
        );
    }

    // A token that is nonsense gets 401: the library throws over a text that only looks like a token.
    private string? IssuerOf(string token)
    {
        try
        {
            return _handler.ReadJsonWebToken(token).Issuer;
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException)
        {
            return null;
        }
    }

    private static ECDsa Import(string publicKey)
    {
        var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
        return key;
    }

    private static TokenValidationParameters Rules(
        string caller,
        ServiceTokenOptions options,
        ECDsa[] keys,
        TimeProvider time
    ) =>
        new()
        {
            ValidIssuer = caller,
            ValidAudience = options.Name,
            // Its own cache of verifiers: the shared one outlives this key's disposal, and hands a dead one to the next.
            IssuerSigningKeys = keys.Select(key => new ECDsaSecurityKey(key)
                {
                    CryptoProviderFactory = new CryptoProviderFactory(),
                })
                .ToArray(),
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            LifetimeValidator = (from, until, _, _) =>
            {
                var now = time.GetUtcNow().UtcDateTime;
                return from <= now + options.ClockSkew
                    && until > now - options.ClockSkew
                    && until - from <= options.Lifetime;
            },
        };

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Refused a token of {Issuer} for its time: its clock is about {Seconds} s {Direction} this host's. Set the clocks."
        )]
        public static partial void ClocksDiffer(ILogger logger, string issuer, double seconds, string direction);
    }

    private static string? Text(JsonWebToken token, string claim) =>
        token.TryGetPayloadValue<string>(claim, out var value) ? value : null;
}
