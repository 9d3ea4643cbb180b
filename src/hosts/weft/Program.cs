return await Weft.Cli.WeftCli.RunAsync(args);
