using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Partner.Gateway.Limits;

namespace Partner.Gateway.PartnerApi;

/// <summary>The scheme of the partner API: a bearer credential, whose name and role the service behind is told.</summary>
internal sealed class PartnerCredentialHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    UrlEncoder encoder,
    RequestLimits limits,
    PartnerCredentials credentials,
    CredentialPoller poller
) : CredentialHandler(options, encoder, limits)
{
    public const string Name = "PartnerCredential";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // More than one Authorization header is joined by a comma here, and then is no credential.
        var token = PartnerCredentials.TokenOf(Request.Headers.Authorization.ToString());
        var credential = token is null ? null : credentials.Find(token);
        if (credential is null && token is not null && PartnerCredentials.CouldBeIssued(token))
        {
            // It may have been made a moment ago.
            if (!await poller.PollAgainAsync())
            {
                return Fail(HttpRejection.Unavailable(UnavailableCause.CredentialUnconfirmed));
            }

            credential = credentials.Find(token);
        }

        return credential is null
            ? Fail(HttpRejection.Unauthenticated)
            : Admit(
                new ServiceClaims(Actor: credential.Actor, Role: credential.Role, Only: "partner"),
                Success(Name, new Claim(ClaimTypes.Role, credential.Role))
            );
    }
}
