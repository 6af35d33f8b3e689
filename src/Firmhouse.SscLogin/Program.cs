using Firmhouse.SscLogin;
using Firmhouse.SscLogin.Observability;

return args switch
{
    ["healthcheck"] => await HealthcheckCommand.RunAsync(),
    _ => await ServeCommand.RunAsync(args),
};
