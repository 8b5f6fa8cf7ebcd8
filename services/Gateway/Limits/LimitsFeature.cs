using System.ComponentModel.DataAnnotations;

namespace Partner.Gateway.Limits;

internal static class LimitsFeature
{
    public static void AddLimits(this WebApplicationBuilder builder)
    {
        builder
            .Services.AddOptions<LimitOptions>()
            .BindConfiguration(LimitOptions.SectionName)
            .Validate(
                options =>
                    IsValid(options.Connection)
                    && IsValid(options.ClientToken)
                    && IsValid(options.People)
                    && IsValid(options.Failures),
                "A rate is out of range."
            )
            .ValidateOnStart();
        builder.Services.AddSingleton<RequestLimits>();
    }

    private static bool IsValid(RateOptions rate) =>
        Validator.TryValidateObject(rate, new ValidationContext(rate), null, validateAllProperties: true);
}
