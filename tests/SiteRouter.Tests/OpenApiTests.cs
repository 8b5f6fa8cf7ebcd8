using Partner.Testing.PartnerApi;

namespace Partner.SiteRouter.Tests;

public sealed class OpenApiTests(RunningSiteRouter router)
{
    [Fact]
    public void EveryEndpointOfThePartnerApiIsInItsDocument() =>
        PartnerApiDescription.AssertDescribed(router.App, "services/SiteRouter");
}
