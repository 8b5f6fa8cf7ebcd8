using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Partner.Gateway.Limits;

namespace Partner.Gateway;

/// <summary>
/// Authenticates the caller. A known caller leaves <see cref="ServiceClaims"/> as a feature of the request: what the
/// service behind is told. An unknown one is answered by the rejection that was decided on. Logs nothing: the access
/// log has it.
/// </summary>
internal abstract class CredentialHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    UrlEncoder encoder,
    RequestLimits limits
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, NullLoggerFactory.Instance, encoder)
{
    private HttpRejection? _rejection;

    protected AuthenticateResult Admit(ServiceClaims claims, AuthenticateResult success)
    {
        Context.Features.Set(claims);
        return success;
    }

    protected static AuthenticateResult Success(string scheme, params Claim[] claims) =>
        AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity(claims, scheme)), scheme));

    /// <summary>Counts against the caller's address.</summary>
    protected AuthenticateResult Fail(HttpRejection rejection) => Reject(limits.Failure(Context, rejection));

    protected AuthenticateResult Reject(HttpRejection rejection)
    {
        _rejection = rejection;
        return AuthenticateResult.NoResult();
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) =>
        _rejection!.WriteAsync(Context);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        HttpRejection.ReadOnly.WriteAsync(Context);
}
