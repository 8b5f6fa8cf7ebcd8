using Partner.Gateway.Limits;
using Partner.Gateway.Forwarding;
using Partner.ServiceDefaults;

namespace Partner.Gateway.PartnerApi;

/// <summary>The partner API: a bearer credential, and its name and role for the service behind.</summary>
internal sealed class PartnerDoor(PartnerCredentials credentials, RequestLimits limits)
{
    /// <param name="anyMethod">The service knows which of its POSTs are reads, and keeps a reader to those.</param>
    public Entry Admit(HttpContext context, string service, bool anyMethod = false)
    {
        // More than one Authorization header is joined by a comma here, and then is no credential.
        if (credentials.Find(context.Request.Headers.Authorization.ToString()) is not { } credential)
        {
            return limits.Failure(context, Refusal.Unauthenticated);
        }

        return credential.Role == PartnerRoles.Reader && !anyMethod && !IsRead(context.Request.Method)
            ? Refusal.ReadOnly
            : new Passage(service, new ServiceClaims(Actor: credential.Name, Role: credential.Role), PassageKind.Partner);
    }

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
}

internal static class PartnerFeature
{
    public static void AddPartnerCredentials(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<PartnerCredentialsOptions>()
            .BindConfiguration(PartnerCredentialsOptions.SectionName)
            .Validate(
                credentials => credentials.IsValid(),
                "PartnerCredentials: at least one, with a Token of 32 characters or more and a Role: reader, operator, admin.")
            .ValidateOnStart();
        builder.Services.AddSingleton<PartnerCredentials>();
        builder.Services.AddSingleton<PartnerDoor>();
    }
}
