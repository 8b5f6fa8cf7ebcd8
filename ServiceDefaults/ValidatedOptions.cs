using Microsoft.Extensions.Options;

namespace Partner.ServiceDefaults;

public static class ValidatedOptions
{
    /// <summary>Options of a section of the configuration, checked by their attributes before the service starts.</summary>
    public static OptionsBuilder<T> AddValidatedOptions<T>(this IServiceCollection services, string section)
        where T : class =>
        services.AddOptionsWithValidateOnStart<T>().BindConfiguration(section).ValidateDataAnnotations();
}
