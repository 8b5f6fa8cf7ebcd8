using Microsoft.Extensions.Configuration;

namespace Partner.AppHost;

/// <summary>The partner's sign-in page: where people from the tile are sent, with a signed way back.</summary>
internal static class SignInPage
{
    private const string Key = "return-to-key";

    /// <summary>The key that the way back is signed with, and the page's address and name where they are configured.</summary>
    public static IResourceBuilder<ProjectResource> WithReturnTo(
        this IResourceBuilder<ProjectResource> auth,
        IConfiguration configuration,
        Secrets secrets
    )
    {
        foreach (var name in new[] { "PartnerSignInUrl", "Pages:PartnerName", "Pages:LogoFile" })
        {
            if (configuration[name] is { } value)
            {
                auth.WithEnvironment(name.Replace(":", "__"), value);
            }
        }

        return auth.WithEnvironment(
            "ReturnToKeys__0",
            secrets.Add(Key, "Shared with the partner's sign-in page: signs where it returns to")
        );
    }

    /// <summary>The demo partner's.</summary>
    public static void WithSignInPage(
        this IResourceBuilder<ProjectResource> auth,
        IResourceBuilder<ProjectResource> partner
    )
    {
        auth.WithEnvironment("PartnerSignInUrl", ReferenceExpression.Create($"{partner.GetEndpoint("http")}/sign-in"))
            .WithEnvironment(
                "Pages__PartnerName",
                auth.ApplicationBuilder.Configuration["Pages:PartnerName"] ?? "Demo Partner"
            );
        var key = auth.ApplicationBuilder.Resources.OfType<ParameterResource>().Single(p => p.Name == Key);
        partner.WithEnvironment("Demo__ReturnToKey", auth.ApplicationBuilder.CreateResourceBuilder(key));
    }
}
