// Terraform's core with the AWS provider in one program, as the terraform command puts them together: validate, refresh,
// plan, apply, over a folder of .tf files and the terraform.tfstate in it. The command itself does not build any more, for
// what its backends depend on.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform/command/format"
	"github.com/hashicorp/terraform/config/module"
	"github.com/hashicorp/terraform/helper/logging"
	"github.com/hashicorp/terraform/state"
	"github.com/hashicorp/terraform/terraform"
	"github.com/mitchellh/colorstring"
	"github.com/terraform-providers/terraform-provider-aws/aws"
)

const usage = "usage: terraform plan|apply|destroy FOLDER, or import FOLDER ADDRESS ID"

var plain = &colorstring.Colorize{Colors: colorstring.DefaultColors, Disable: true}

func main() {
	logging.SetOutput()
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "Error: %s\n", err)
		os.Exit(1)
	}
}

func command(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "plan":
		_, err := plan(args[1], false)
		return err
	case len(args) == 2 && args[0] == "apply":
		return apply(args[1], false)
	case len(args) == 2 && args[0] == "destroy":
		return apply(args[1], true)
	case len(args) == 4 && args[0] == "import":
		return importOne(args[1], args[2], args[3])
	}
	return errors.New(usage)
}

// apply keeps what was made even where the rest was refused, as Terraform does.
func apply(folder string, destroy bool) error {
	planned, err := plan(folder, destroy)
	if err != nil {
		return err
	}
	made, failure := planned.Apply()
	if err := keep(folder, made); err != nil {
		return err
	}
	return failure
}

// plan looks at what is really there before it compares, and prints the differences.
func plan(folder string, destroy bool) (*terraform.Context, error) {
	planned, err := newContext(folder, destroy)
	if err != nil {
		return nil, err
	}
	if found := planned.Validate(); found.HasErrors() {
		return nil, found.Err()
	}
	if _, err := planned.Refresh(); err != nil {
		return nil, fmt.Errorf("Error refreshing state: %s", err)
	}
	differences, err := planned.Plan()
	if err != nil {
		return nil, err
	}
	show(format.NewPlan(differences))
	return planned, nil
}

func show(differences *format.Plan) {
	if differences.Empty() {
		fmt.Println("No changes. Infrastructure is up-to-date.")
		return
	}
	stats := differences.Stats()
	fmt.Println(differences.Format(plain))
	fmt.Printf("Plan: %d to add, %d to change, %d to destroy.\n", stats.ToAdd, stats.ToChange, stats.ToDestroy)
}

func importOne(folder, address, id string) error {
	importing, err := newContext(folder, false)
	if err != nil {
		return err
	}
	target := &terraform.ImportTarget{Addr: address, ID: id}
	imported, err := importing.Import(&terraform.ImportOpts{Targets: []*terraform.ImportTarget{target}})
	if err != nil {
		return err
	}
	return keep(folder, imported)
}

func newContext(folder string, destroy bool) (*terraform.Context, error) {
	configuration, err := module.NewTreeModule("", folder)
	if err != nil {
		return nil, err
	}
	if err := configuration.Load(module.NewStorage(filepath.Join(folder, ".terraform"), nil)); err != nil {
		return nil, err
	}
	before := stateOf(folder)
	if err := before.RefreshState(); err != nil {
		return nil, err
	}
	provider := terraform.ResourceProviderFactoryFixed(aws.Provider())
	return terraform.NewContext(&terraform.ContextOpts{
		Module:  configuration,
		State:   before.State(),
		Destroy: destroy,
		ProviderResolver: terraform.ResourceProviderResolverFixed(
			map[string]terraform.ResourceProviderFactory{"aws": provider}),
	})
}

func keep(folder string, after *terraform.State) error {
	return stateOf(folder).WriteState(after)
}

func stateOf(folder string) *state.LocalState {
	return &state.LocalState{Path: filepath.Join(folder, "terraform.tfstate")}
}
